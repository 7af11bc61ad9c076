#include "tools/patch/editor.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "core/text.h"

namespace fracas::tools {

namespace {

constexpr char kFileName[] = "/record.json";

// A folder that nobody else can look into, gone with everything that editors leave there (backups,
// swap files).
class PrivateFolder {
 public:
  PrivateFolder() = default;
  ~PrivateFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  Status Make(const std::vector<std::string>& folders) {
    for (const std::string& base : folders) {
      if (access(base.c_str(), W_OK | X_OK) != 0) continue;
      std::string name = Cat(base, "/data-patcher-XXXXXX");
      if (mkdtemp(name.data()) == nullptr) continue;  // 0700
      path_ = name;
      return {};
    }
    return Status::Stop(
        "no place for a private file: set TMPDIR to a folder that you may write to");
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Status WriteFile(const std::string& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return Status::Stop(Cat(path, ": ", std::strerror(errno)));
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = write(file, text.data() + done, text.size() - done);
    if (wrote <= 0) break;
    done += static_cast<size_t>(wrote);
  }
  if (close(file) != 0 || done < text.size())
    return Status::Stop(Cat(path, ": ", std::strerror(errno)));
  return {};
}

sigset_t WaitedFor() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP}) sigaddset(&set, number);
  return set;
}

// Runs until the editor ends. Interrupts are the editor's; a wish to end ends both.
Status Await(pid_t child, const sigset_t& set) {
  while (true) {
    const int number = sigwaitinfo(&set, nullptr);
    if (number == SIGTERM || number == SIGHUP) {
      kill(child, SIGTERM);
      waitpid(child, nullptr, 0);
      return Status::Stop("told to end while the editor was open: nothing was changed or sent");
    }
    int state = 0;
    const pid_t ended = waitpid(child, &state, WNOHANG);
    if (ended == 0) continue;
    if (ended == child && WIFEXITED(state) && WEXITSTATUS(state) == 0) return {};
    return Status::Stop("the editor did not end well: nothing was changed or sent");
  }
}

Status RunEditor(const std::string& editor, const std::string& path) {
  const std::string command = Cat(editor, " \"$1\"");
  const sigset_t set = WaitedFor();
  sigset_t before;
  sigprocmask(SIG_BLOCK, &set, &before);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attributes, &before);
  std::array<std::string, 5> words = {"sh", "-c", command, "sh", path};
  std::array<char*, 6> arguments{};
  for (size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  pid_t child = -1;
  const int failed =
      posix_spawn(&child, "/bin/sh", nullptr, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  Status done = failed != 0
                    ? Status::Stop(Cat("the editor cannot be started: ", std::strerror(failed)))
                    : Await(child, set);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return done;
}

}  // namespace

Result<std::string> EditText(std::string_view text, const Editor& editor) {
  PrivateFolder folder;
  if (Status s = folder.Make(editor.folders); !s.ok()) return s;
  const std::string path = Cat(folder.path(), kFileName);
  if (Status s = WriteFile(path, text); !s.ok()) return s;
  if (Status s = RunEditor(editor.command, path); !s.ok()) return s;
  std::ifstream file(path, std::ios::binary);
  std::string edited((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) return Status::Stop("what the editor saved cannot be read");
  // Editors end the last line; the record did not.
  if (edited.ends_with('\n') && !text.ends_with('\n')) edited.pop_back();
  return edited;
}

}  // namespace fracas::tools
