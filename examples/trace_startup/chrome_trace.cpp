// SPDX-License-Identifier: MIT OR Apache-2.0
#include "chrome_trace.hpp"

#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <string>

namespace trace_startup {

namespace {

std::string quoted(std::string const& text) {
  std::string json = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      json += code;
    } else {
      json += c;
    }
  }
  return json + '"';
}

// The format counts microseconds.
struct Microseconds {
  std::int64_t nanoseconds;
};
std::ostream& operator<<(std::ostream& out, Microseconds time) {
  return out << time.nanoseconds / 1000 << '.' << std::setw(3) << std::setfill('0') << time.nanoseconds % 1000
             << std::setfill(' ');
}

class Writer {
 public:
  explicit Writer(std::ostream& the_out) : out_{the_out} { out_ << "{\"displayTimeUnit\": \"ms\", \"traceEvents\": ["; }
  Writer(Writer const&) = delete;
  Writer& operator=(Writer const&) = delete;
  ~Writer() { out_ << "\n]}\n"; }

  std::ostream& event(char phase, int thread) {
    out_ << (first_ ? "\n" : ",\n") << "  {\"ph\": \"" << phase << "\", \"pid\": 1, \"tid\": " << thread;
    first_ = false;
    return out_;
  }
  void bar(Span const& span, char const* category, std::string const& before, char const* colour) {
    // The name first: bars are narrow.
    std::string const title = before + (span.name.empty() ? span.type : span.name + " (" + span.type + ')');
    event('X', span.thread) << ", \"cat\": \"" << category << "\", \"name\": " << quoted(title)
                            << ", \"ts\": " << Microseconds{span.begin}
                            << ", \"dur\": " << Microseconds{span.end - span.begin} << ", \"cname\": \"" << colour
                            << "\"}";
  }

 private:
  std::ostream& out_;
  bool first_ = true;
};

}  // namespace

void write_chrome_trace(std::ostream& out, Timeline const& timeline, std::vector<std::string> const& threads) {
  Writer writer{out};
  writer.event('M', 0) << ", \"name\": \"process_name\", \"args\": {\"name\": \"trace_startup\"}}";
  for (std::size_t i = 0; i != threads.size(); ++i) {
    auto const thread = static_cast<int>(i);
    writer.event('M', thread) << ", \"name\": \"thread_name\", \"args\": {\"name\": " << quoted(threads[i]) << "}}";
    writer.event('M', thread) << ", \"name\": \"thread_sort_index\", \"args\": {\"sort_index\": " << thread << "}}";
  }
  for (Span const& run : timeline.runs) {
    writer.bar(run, "initialiser", run.failed ? "failed: " : "", run.failed ? "terrible" : "good");
  }
  int arrow = 0;
  for (Wait const& wait : timeline.waits) {
    writer.bar(wait.span, "wait", "waits for ", "grey");
    if (!wait.run) continue;
    // An arrow hangs on the bars that enclose its ends, so that both must lie inside.
    Span const& run = timeline.runs[*wait.run];
    std::int64_t const from = std::max(run.begin, run.end - 1000);
    std::int64_t const to = std::max(wait.span.begin, wait.span.end - 1000);
    ++arrow;
    writer.event('s', run.thread) << ", \"cat\": \"wakes\", \"name\": \"wakes\", \"id\": " << arrow
                                  << ", \"ts\": " << Microseconds{from} << "}";
    writer.event('f', wait.span.thread) << ", \"bp\": \"e\", \"cat\": \"wakes\", \"name\": \"wakes\", \"id\": " << arrow
                                        << ", \"ts\": " << Microseconds{std::max(from, to)} << "}";
  }
}

}  // namespace trace_startup
