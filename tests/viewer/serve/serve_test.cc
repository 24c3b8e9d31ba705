// By which names a server is called, and what a page's folder holds.
#include "viewer/serve/serve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"
#include "viewer/serve/hosts.h"

namespace marquee::viewer {
namespace {

using ::testing::HasSubstr;

TEST(Hosts, NumbersLocalhostAndNamesThatWereGivenAreKnown) {
  for (const char* host : {"localhost", "LOCALHOST:8501", "127.0.0.1", "127.0.0.1:8501", "[::1]",
                           "[::1]:8501", "10.1.2.3:80", "viewer:8501"}) {
    EXPECT_TRUE(IsKnownHost(host, {"Viewer"})) << host;
  }
  for (const char* host : {"", ":8501", "evil.example", "localhost.evil.example",
                           "127.0.0.1.nip.io", "[evil]", "[", "1", "viewer.evil.example"}) {
    EXPECT_FALSE(IsKnownHost(host, {"viewer"})) << host;
  }
}

TEST(Hosts, OriginIsTheSameWithItsPort) {
  EXPECT_TRUE(IsSameOrigin("http://localhost:8501", "localhost:8501"));
  EXPECT_TRUE(IsSameOrigin("https://Viewer.example", "viewer.example"));
  EXPECT_FALSE(IsSameOrigin("http://localhost:8502", "localhost:8501"));
  EXPECT_FALSE(IsSameOrigin("http://evil.example", "localhost:8501"));
  EXPECT_FALSE(IsSameOrigin("null", "localhost"));
  EXPECT_FALSE(IsSameOrigin("localhost", "localhost"));
}

TEST(PageFiles, AreReadWithTheirTypes) {
  const testing_support::TempDir folder;
  for (const char* name :
       {"index.html", "page.js", "viewer.js", "viewer.wasm", "viewer.wasm.gz", "sizes.txt"}) {
    std::ofstream(folder.File(name)) << name;
  }
  const auto files = ReadPageFiles(folder.path().string());
  ASSERT_TRUE(files.has_value());
  EXPECT_EQ(files->size(), 4U);
  EXPECT_THAT(files->at("/").content_type, HasSubstr("text/html"));
  EXPECT_EQ(files->at("/viewer.wasm").content_type, "application/wasm");
  EXPECT_EQ(files->at("/viewer.wasm").gzip, "viewer.wasm.gz");
  EXPECT_EQ(files->at("/page.js").gzip, "");
  EXPECT_NE(files->at("/page.js").etag, files->at("/viewer.js").etag);
}

TEST(PageFiles, OneThatIsMissingIsSaidWithWhatToDo) {
  const auto files = ReadPageFiles("/no/such/folder");
  ASSERT_FALSE(files.has_value());
  EXPECT_THAT(std::string(files.error().message()), HasSubstr("/no/such/folder"));
  EXPECT_THAT(std::string(files.error().message()), HasSubstr("./run viewer-web"));
  EXPECT_FALSE(ReadPageFiles("").has_value());
}

TEST(ServeAddress, APortAloneIsOfThisMachine) {
  EXPECT_EQ(ServeAddress("8501"), "127.0.0.1:8501");
  EXPECT_EQ(ServeAddress("0.0.0.0:8501"), "0.0.0.0:8501");
}

}  // namespace
}  // namespace marquee::viewer
