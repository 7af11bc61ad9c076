#pragma once

#include <string_view>
#include <vector>

#include "contract/evaluator.h"
#include "contract/explain/schema_walk.h"
#include "contract/plan.h"
#include "json/tree.h"

// The complete evaluation of a document against the stream's own rules; captures and event time.

namespace fracas::contract {

// Keeps the text of captures that had to be decoded. Given by the evaluator, which owns the memory.
class TextKeeper {
 public:
  virtual ~TextKeeper() = default;
  virtual std::string_view Keep(std::string_view text) = 0;
};

// One document at a time.
class StreamWalk {
 public:
  // `document` is what was parsed into `tree`: captures are views into it.
  StreamWalk(const Plan& plan, const json::Tree& tree, std::string_view document)
      : plan_(plan), tree_(tree), document_(document) {}
  void Run(const RecordContext& context, TextKeeper* keeper, Captured* captured,
           std::vector<Broken>* broken);

 private:
  void Visit(PointerId pointer, json::NodeId node);
  void VisitMembers(const PointerNode& here, json::NodeId object);
  void VisitElements(const PointerNode& here, json::NodeId array);
  void CheckCritical(const PointerNode& here, json::NodeId node);
  void ReportAbsentCriticals();
  void CaptureValue(const PointerNode& here, json::NodeId node);
  void CheckEventTime(json::NodeId node);
  void CheckCharacters();
  void CheckDuplicates();
  bool SurelyDifferent(json::NodeId object);
  void ReportDuplicates(json::NodeId object);
  void Add(Code code, RuleId rule, json::NodeId node, uint32_t detail = 0);

  const Plan& plan_;
  const json::Tree& tree_;
  std::string_view document_;
  RecordContext context_;
  TextKeeper* keeper_ = nullptr;
  Captured* captured_ = nullptr;
  std::vector<Broken>* broken_ = nullptr;
  size_t first_ = 0;
  std::vector<bool> critical_seen_;
  std::vector<json::NodeId> table_;  // keys of one object by hash
};

}  // namespace fracas::contract
