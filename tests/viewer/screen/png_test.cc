#include "tests/support/png.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"
#include "viewer/screen/png.h"

namespace marquee::viewer {
namespace {

TEST(Png, IsReadAsItWasWritten) {
  const testing_support::TempDir folder;
  const Pixels pixels{2, 2, {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7}};
  std::ofstream(folder.File("a.png"), std::ios::binary) << EncodePng(pixels);
  const auto read = testing_support::ReadPng(folder.File("a.png"));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->width, 2);
  EXPECT_EQ(read->height, 2);
  EXPECT_EQ(read->rgb, pixels.rgb);
}

TEST(Png, OfNothingIsNothing) { EXPECT_EQ(EncodePng({}), ""); }

}  // namespace
}  // namespace marquee::viewer
