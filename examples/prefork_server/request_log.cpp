// SPDX-License-Identifier: MIT OR Apache-2.0
#include "request_log.hpp"

#include <unistd.h>

#include <sstream>

#include "error.hpp"

namespace prefork_server {
namespace {

constexpr std::string_view extension = ".log";

}  // namespace

RequestLog::RequestLog(std::filesystem::path const& directory)
    : path_{directory / (std::to_string(::getpid()) + std::string{extension})}, out_{path_, std::ios::app} {
  if (!out_) throw Error{"cannot open " + path_.string()};
}

void RequestLog::write(std::string_view line) { out_ << ::getpid() << ' ' << line << '\n'; }

void RequestLog::flush() {
  if (!out_.flush()) throw Error{"cannot write to " + path_.string()};
}

std::vector<LogLine> read_logs(std::filesystem::path const& directory) {
  std::vector<LogLine> lines;
  for (auto const& file : std::filesystem::directory_iterator{directory}) {
    if (file.path().extension() != extension) continue;
    LogLine line{};
    std::istringstream{file.path().stem().string()} >> line.opened_by;
    std::ifstream in{file.path()};
    while (in >> line.written_by && std::getline(in >> std::ws, line.text)) lines.push_back(line);
  }
  return lines;
}

}  // namespace prefork_server
