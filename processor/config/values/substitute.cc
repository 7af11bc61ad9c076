#include "config/values/substitute.h"

#include <algorithm>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

using std::string_view;

bool IsVariableName(string_view name) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), is_word);
}

void Fail(std::string problem, std::string next_step, Substituted* out) {
  out->problem = std::move(problem);
  out->next_step = std::move(next_step);
}

void AppendSecret(string_view path, const Environment& environment, Substituted* out) {
  if (!path.starts_with('/')) {
    return Fail(Cat("${file:", path, "}: a secret's path must be absolute"),
                "write ${file:/run/secrets/NAME}", out);
  }
  const Result<Secret> secret = environment.secret(std::string(path));
  if (!secret.ok()) {
    return Fail(std::string(secret.status().message()),
                "create it, readable for the user that fracas runs as", out);
  }
  out->secret = true;
  if (secret->world_readable) out->world_readable = std::string(path);
  out->text += secret->text;
}

void AppendVariable(string_view inner, const Environment& environment, Substituted* out) {
  const size_t dash = inner.find(":-");
  const string_view name = inner.substr(0, dash);
  if (!IsVariableName(name)) {
    return Fail(
        Cat("${", inner, "}: '", name, "' is not the name of a variable"),
        "write ${NAME}, ${NAME:-default} or ${file:/path}; $${ stands for the characters ${", out);
  }
  const std::optional<std::string> value = environment.variable(std::string(name));
  if (dash != string_view::npos && (!value.has_value() || value->empty())) {
    out->text += inner.substr(dash + 2);
  } else if (value.has_value()) {
    out->text += *value;
  } else {
    Fail(Cat("the environment variable ", name, " is not set"),
         Cat("set it, or write ${", name, ":-default}"), out);
  }
}

}  // namespace

Substituted Substitute(string_view text, const Environment& environment) {
  Substituted out;
  while (!text.empty()) {
    const size_t dollar = text.find('$');
    out.text += text.substr(0, dollar);
    if (dollar == string_view::npos) break;
    text.remove_prefix(dollar);
    if (text.starts_with("$${")) {
      out.text += "${";
      out.changed = true;
      text.remove_prefix(3);
      continue;
    }
    if (!text.starts_with("${")) {
      out.text += '$';
      text.remove_prefix(1);
      continue;
    }
    const size_t close = text.find('}');
    const string_view inner = text.substr(2, close == string_view::npos ? close : close - 2);
    if (close == string_view::npos || inner.find("${") != string_view::npos) {
      Fail("a ${ without its } (substitutions cannot be nested)",
           "close it, or write $${ for the characters ${", &out);
      return out;
    }
    out.changed = true;
    if (inner.starts_with("file:")) {
      AppendSecret(inner.substr(5), environment, &out);
    } else {
      AppendVariable(inner, environment, &out);
    }
    if (!out.problem.empty()) return out;
    text.remove_prefix(close + 1);
  }
  if (out.text.size() > limits::kConfigTextBytesMax) {
    Fail("longer than 64 KiB after substitution", "no value of a configuration is that long", &out);
  }
  return out;
}

std::string EscapeSubstitutions(string_view text) {
  std::string escaped;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && text.substr(i).starts_with("${")) escaped += '$';
    escaped += text[i];
  }
  return escaped;
}

}  // namespace fracas::config
