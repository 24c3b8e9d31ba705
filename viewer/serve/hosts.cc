#include "viewer/serve/hosts.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

namespace marquee::viewer {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return lower;
}

/// "name" of "name:8501", "::1" of "[::1]:8501".
std::string_view WithoutPort(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

}  // namespace

bool IsKnownHost(std::string_view host, const std::vector<std::string>& names) {
  const std::string name = Lower(WithoutPort(host));
  in6_addr binary;  // of both families: IPv4's is shorter
  if (inet_pton(AF_INET, name.c_str(), &binary) == 1) return true;
  if (inet_pton(AF_INET6, name.c_str(), &binary) == 1) return true;
  if (name == "localhost") return true;
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& known) { return Lower(known) == name; });
}

bool IsSameOrigin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return Lower(origin.substr(scheme.size())) == Lower(host);
  }
  return false;
}

}  // namespace marquee::viewer
