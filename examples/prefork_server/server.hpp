// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What each worker does. It asks for its connection, its log and its random numbers as if nobody had ever forked.
#pragma once

#include <unistd.h>

#include <string>
#include <string_view>

#include "per_process.hpp"
#include "session.hpp"
#include "sockets.hpp"

namespace prefork_server {

// What a client sends to end a worker.
inline constexpr std::string_view goodbye = "goodbye";

template <class Mode>
Answer open_session(std::string const& user) {
  SessionDatabase& connection = *database<Mode>;
  Answer answer{.session = {.token = tokens<Mode>().next(),
                            .user = user,
                            .served_by = ::getpid(),
                            .connection_of = connection.opened_by()},
                .problem = ""};
  try {
    connection.insert(answer.session);
  } catch (DatabaseError const& error) { answer.problem = error.what(); }
  request_log<Mode>->write("session for " + user);
  return answer;
}

// Serves one client after the other until one of them says goodbye. A client stays with its worker for as long as it
// keeps the connection, as with all servers of this kind.
template <class Mode>
void serve(Listener const& listener) {
  for (;;) {
    LineStream client = listener.accept();
    while (auto const request = client.read_line()) {
      if (*request == goodbye) return;
      Answer const answer = open_session<Mode>(*request);
      request_log<Mode>->flush();  // what has been answered is in the log
      if (!client.write_line(line_from(answer))) break;
    }
  }
}

}  // namespace prefork_server
