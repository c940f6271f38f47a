// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace prefork_server {

// A log file, named after the process that opened it. Each line says which process wrote it.
class RequestLog {
 public:
  // Throws: Error.
  explicit RequestLog(std::filesystem::path const& directory);

  // Lines stay in a buffer until somebody flushes it.
  void write(std::string_view line);
  // Throws: Error.
  void flush();

 private:
  std::filesystem::path path_;
  std::ofstream out_;
};

struct LogLine {
  pid_t opened_by;
  pid_t written_by;
  std::string text;
};

// All lines of all logs in the directory.
std::vector<LogLine> read_logs(std::filesystem::path const& directory);

}  // namespace prefork_server
