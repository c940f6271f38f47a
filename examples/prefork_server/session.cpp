// SPDX-License-Identifier: MIT OR Apache-2.0
#include "session.hpp"

#include <sstream>

#include "error.hpp"

namespace prefork_server {

std::string line_from(Answer const& answer) {
  Session const& session = answer.session;
  std::ostringstream out;
  out << session.token << ' ' << session.served_by << ' ' << session.connection_of << ' ' << answer.problem;
  return out.str();
}

Answer answer_from(std::string const& user, std::string const& line) {
  Answer answer{.session = {.token = "", .user = user, .served_by = 0, .connection_of = 0}, .problem = ""};
  std::istringstream in{line};
  in >> answer.session.token >> answer.session.served_by >> answer.session.connection_of;
  if (!in || in.get() != ' ') throw Error{"the server gave an answer that makes no sense: '" + line + "'"};
  std::getline(in, answer.problem);
  return answer;
}

}  // namespace prefork_server
