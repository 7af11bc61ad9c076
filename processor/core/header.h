#pragma once

#include <string_view>

namespace fracas {

// One header of a record. Names repeat, values are binary; `value.data() == nullptr` is Kafka's null.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

}  // namespace fracas
