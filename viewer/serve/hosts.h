// viewer/serve/hosts.h — by which names this server may be called, and from which pages.
//
// A page of an attacker can have its own name point to 127.0.0.1 (DNS rebinding), and any page can
// open a WebSocket to any address. The first calls this server by the attacker's name, the second
// tells its own in Origin.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace marquee::viewer {

/// Is `host`, of a request's Host header, an address in numbers, localhost, or one of `names`?
/// Ports do not matter.
bool IsKnownHost(std::string_view host, const std::vector<std::string>& names);

/// Is `origin`, of a request's Origin header, a page of this very server, called `host`?
bool IsSameOrigin(std::string_view origin, std::string_view host);

}  // namespace marquee::viewer
