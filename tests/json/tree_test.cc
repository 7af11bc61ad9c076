#include "json/tree.h"

#include <gtest/gtest.h>

#include "core/limits.h"

namespace fracas::json {
namespace {

using std::string_literals::operator""s;

std::unique_ptr<OwnedDocument> Parse(std::string bytes) {
  std::string error;
  auto document = ParseOwned(std::move(bytes), &error);
  EXPECT_NE(document, nullptr) << error;
  return document;
}

TEST(Tree, KeepsEveryKindItsTextAndItsPlace) {
  const auto document = Parse(R"( {"a": [1.50, -2e3 ,null,true],"b":{} , "c":"x" } )");
  const Tree& tree = document->tree;
  const NodeId root = tree.root();
  EXPECT_EQ(tree.node(root).kind, Kind::kObject);
  EXPECT_EQ(tree.node(root).count, 3u);
  EXPECT_EQ(tree.node(root).begin, 1u);
  EXPECT_EQ(tree.Raw(root), document->bytes.substr(1, document->bytes.size() - 2));
  const NodeId array = tree.Find(root, "a");
  EXPECT_EQ(tree.node(array).kind, Kind::kArray);
  EXPECT_EQ(tree.node(array).count, 4u);
  EXPECT_EQ(tree.Raw(array), "[1.50, -2e3 ,null,true]");
  NodeId element = array + 1;
  EXPECT_EQ(tree.Raw(element), "1.50");
  element = tree.node(element).next;
  EXPECT_EQ(tree.Raw(element), "-2e3");
  EXPECT_EQ(tree.node(element).kind, Kind::kNumber);
  element = tree.node(element).next;
  EXPECT_EQ(tree.node(element).kind, Kind::kNull);
  element = tree.node(element).next;
  EXPECT_EQ(tree.node(element).kind, Kind::kTrue);
  EXPECT_EQ(tree.node(element).next, tree.node(array).next);
  const NodeId empty = tree.Find(root, "b");
  EXPECT_EQ(tree.node(empty).count, 0u);
  EXPECT_EQ(tree.node(empty).next, empty + 1);
  EXPECT_EQ(tree.Text(tree.Find(root, "c")), "x");
  EXPECT_EQ(tree.node(root).next, tree.size());
}

TEST(Tree, DecodesEscapes) {
  const auto document =
      Parse(R"(["\"\\\/\b\f\n\r\t", "\u0000", "a\u00e9\u20AC\ud83d\ude39z", "plain", "\uFFFF"])");
  const Tree& tree = document->tree;
  EXPECT_EQ(tree.Text(1), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(tree.Text(2), "\0"s);
  EXPECT_EQ(tree.Text(3), "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\xB9z");
  EXPECT_FALSE(tree.node(4).escaped);
  EXPECT_EQ(tree.Text(4), "plain");
  EXPECT_EQ(tree.Text(5), "\xEF\xBF\xBF");
}

TEST(Tree, FindsMembersByTheirCharacters) {
  const auto document = Parse(R"({"\u0061":1,"b":[{"a":2}],"a":3,"n\u0000l":4,"":5})");
  const Tree& tree = document->tree;
  EXPECT_EQ(tree.Raw(tree.Find(0, "a")), "1");  // the first of two
  EXPECT_EQ(tree.Raw(tree.Find(0, "n\0l"s)), "4");
  EXPECT_EQ(tree.Raw(tree.Find(0, "")), "5");
  EXPECT_EQ(tree.Find(0, "c"), Tree::kNoNode);
  EXPECT_EQ(tree.Find(0, "n"), Tree::kNoNode);
  EXPECT_EQ(tree.node(0).count, 5u);
}

TEST(Tree, ViewsStayWhileOthersAreDecoded) {
  std::string bytes = "[";
  for (int i = 0; i < 500; ++i) bytes += R"("\u0041\u0042 and more text that is not escaped",)";
  bytes += "0]";
  Scanner scanner(limits::kRecordBytesMax);
  ScanView view;
  Tree tree;
  ASSERT_EQ(scanner.Scan(bytes, &view), ScanError::kNone);
  ASSERT_TRUE(tree.Parse(view));
  const std::string_view first = tree.Text(1);
  const char* const place = first.data();
  tree.DecodeAll();
  EXPECT_EQ(tree.Text(1).data(), place);
  EXPECT_EQ(first, tree.Text(500));
}

TEST(Tree, IsReusedForTheNextDocument) {
  Scanner scanner(limits::kRecordBytesMax);
  ScanView view;
  Tree tree;
  for (const char* bytes :
       {R"(["\u0041"])", "[[[", R"({"a":"\u0042"})", "7", R"(["\u0043","\u0044"])"}) {
    const bool ok = scanner.Scan(bytes, &view) == ScanError::kNone && tree.Parse(view);
    EXPECT_EQ(ok, std::string_view(bytes) != "[[[");
    if (!ok) continue;
    EXPECT_EQ(tree.Raw(0), bytes);
    EXPECT_EQ(tree.node(0).next, tree.size());
    if (tree.size() == 3 && tree.node(0).kind == Kind::kArray) {
      EXPECT_EQ(tree.Text(2), "D");
    }
  }
}

TEST(Tree, AnOwnedDocumentSaysWhereItIsWrong) {
  std::string error;
  EXPECT_EQ(ParseOwned("{\n  \"a\": 1,\n}", &error), nullptr);
  EXPECT_EQ(
      error,
      "line 3, column 1: unexpected U+007D RIGHT CURLY BRACKET at byte 12, where a key in double "
      "quotes must begin");
  EXPECT_EQ(ParseOwned("", &error), nullptr);
  EXPECT_EQ(error, "line 1, column 1: there is no document: no bytes, or nothing but white space");
}

TEST(AppendUnescaped, AppendsBehindWhatIsThere) {
  std::string out = "x";
  AppendUnescaped(R"(\n)", &out);
  AppendUnescaped("", &out);
  AppendUnescaped(R"(a\\)", &out);
  EXPECT_EQ(out, "x\na\\");
}

}  // namespace
}  // namespace fracas::json
