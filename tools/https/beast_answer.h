// A request as Boost.Beast reads it, handed to a handler with its note about the connection. For the files of this room.
#pragma once

#include <boost/beast/http.hpp>

#include "tools/https/message.h"

namespace simurgh::https {

inline constexpr std::size_t kMostBody = 1024 * 1024;

[[nodiscard]] boost::beast::http::response<boost::beast::http::string_body> answer(const Handler& handler,
                                                                                   const boost::beast::http::request<boost::beast::http::string_body>& request,
                                                                                   std::string& note);

}  // namespace simurgh::https
