// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "error.hpp"
#include "session.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace prefork_server {

class DatabaseError : public Error {
 public:
  using Error::Error;
};

// A connection to the database of sessions. It belongs to the process that opened it.
//
// Everything throws DatabaseError.
class SessionDatabase {
 public:
  // Opens the file, and makes it if there is none. Later on, whoever finds the file locked waits for as long as
  // `patience` says.
  SessionDatabase(std::filesystem::path const& file, std::chrono::milliseconds patience);

  pid_t opened_by() const { return opened_by_; }

  void create_table();
  void insert(Session const& session);
  std::vector<Session> sessions();
  // "ok", or what SQLite finds wrong with the file.
  std::string integrity();

 private:
  struct Closer {
    void operator()(sqlite3* connection) const noexcept;
  };
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalizer>;

  Statement prepare(char const* sql);
  // Whether there is a row (more) to be read.
  bool step(Statement const& statement);
  void run(char const* sql);
  [[noreturn]] void fail(std::string const& what);

  pid_t opened_by_;
  std::unique_ptr<sqlite3, Closer> connection_;
};

}  // namespace prefork_server
