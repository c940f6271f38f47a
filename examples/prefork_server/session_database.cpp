// SPDX-License-Identifier: MIT OR Apache-2.0
#include "session_database.hpp"

#include <sqlite3.h>
#include <unistd.h>

namespace prefork_server {
namespace {

std::string text_of(sqlite3_stmt* row, int column) {
  auto const* const text = reinterpret_cast<char const*>(sqlite3_column_text(row, column));
  return text != nullptr ? text : "";
}

}  // namespace

void SessionDatabase::Closer::operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }
void SessionDatabase::Finalizer::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

SessionDatabase::SessionDatabase(std::filesystem::path const& file, std::chrono::milliseconds patience)
    : opened_by_{::getpid()} {
  sqlite3* opened = nullptr;
  int const result = sqlite3_open(file.c_str(), &opened);
  connection_.reset(opened);  // even one that failed has to be closed
  if (result != SQLITE_OK) fail("cannot open " + file.string());
  sqlite3_busy_timeout(opened, static_cast<int>(patience.count()));
  run("PRAGMA synchronous = OFF");  // a scratch file need not survive a power cut
}

void SessionDatabase::create_table() {
  run("CREATE TABLE session (token TEXT, user TEXT, served_by INTEGER, connection_of INTEGER)");
}

void SessionDatabase::insert(Session const& session) {
  Statement const statement = prepare("INSERT INTO session VALUES (?, ?, ?, ?)");
  sqlite3_bind_text(statement.get(), 1, session.token.c_str(), -1, SQLITE_STATIC);
  sqlite3_bind_text(statement.get(), 2, session.user.c_str(), -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement.get(), 3, session.served_by);
  sqlite3_bind_int64(statement.get(), 4, session.connection_of);
  step(statement);
}

std::vector<Session> SessionDatabase::sessions() {
  Statement const statement = prepare("SELECT token, user, served_by, connection_of FROM session");
  std::vector<Session> result;
  while (step(statement)) {
    sqlite3_stmt* const row = statement.get();
    result.push_back({.token = text_of(row, 0),
                      .user = text_of(row, 1),
                      .served_by = static_cast<pid_t>(sqlite3_column_int64(row, 2)),
                      .connection_of = static_cast<pid_t>(sqlite3_column_int64(row, 3))});
  }
  return result;
}

std::string SessionDatabase::integrity() {
  Statement const statement = prepare("PRAGMA integrity_check(1)");
  return step(statement) ? text_of(statement.get(), 0) : "no answer";
}

SessionDatabase::Statement SessionDatabase::prepare(char const* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection_.get(), sql, -1, &statement, nullptr) != SQLITE_OK) fail(sql);
  return Statement{statement};
}

bool SessionDatabase::step(Statement const& statement) {
  int const result = sqlite3_step(statement.get());
  if (result != SQLITE_ROW && result != SQLITE_DONE) fail(sqlite3_sql(statement.get()));
  return result == SQLITE_ROW;
}

void SessionDatabase::run(char const* sql) { step(prepare(sql)); }

void SessionDatabase::fail(std::string const& what) {
  throw DatabaseError{what + ": " + sqlite3_errmsg(connection_.get())};
}

}  // namespace prefork_server
