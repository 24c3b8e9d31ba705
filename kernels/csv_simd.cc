#include "kernels/csv_simd.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

// Everything to HWY_AFTER_NAMESPACE is compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/csv_simd.cc"
#include <hwy/foreach_target.h>
// Behind it, as Highway wants it.
#include <hwy/highway.h>

#include "kernels/isa_table.h"

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {

#if !(HWY_ARCH_X86 && HWY_TARGET == HWY_STATIC_TARGET)

namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kBlockBytes = 64;

/// What 64 bytes of text are, the first one at the lowest bit of each mask.
struct Block {
  std::uint64_t quotes = 0;
  std::uint64_t commas = 0;
  std::uint64_t newlines = 0;
};

HWY_INLINE Block ReadBlock(const char* bytes) {
  const hn::CappedTag<std::uint8_t, kBlockBytes> tag;
  const auto find = [tag](auto part, char wanted, std::size_t at, std::uint64_t& mask) {
    const auto equal = hn::Eq(part, hn::Set(tag, static_cast<std::uint8_t>(wanted)));
    std::uint64_t bits = 0;
    hn::StoreMaskBits(tag, equal, reinterpret_cast<std::uint8_t*>(&bits));
    mask |= bits << at;
  };
  Block block;
  for (std::size_t at = 0; at < kBlockBytes; at += hn::Lanes(tag)) {
    const auto part = hn::LoadU(tag, reinterpret_cast<const std::uint8_t*>(bytes) + at);
    find(part, '"', at, block.quotes);
    find(part, ',', at, block.commas);
    find(part, '\n', at, block.newlines);
  }
  return block;
}

/// The last `size` bytes of a text, less than a block: as if nothing but zeros came behind them.
HWY_INLINE Block ReadLastBlock(std::string_view text, std::size_t size) {
  if (text.size() < kBlockBytes) {
    char bytes[kBlockBytes] = {};
    std::memcpy(bytes, text.data() + text.size() - size, size);
    return ReadBlock(bytes);
  }
  Block block = ReadBlock(text.data() + text.size() - kBlockBytes);
  block.quotes >>= kBlockBytes - size;
  block.commas >>= kBlockBytes - size;
  block.newlines >>= kBlockBytes - size;
  return block;
}

/// Each bit: whether the ones up to and with it are odd in number.
HWY_INLINE std::uint64_t OddUpTo(std::uint64_t bits) {
  // Carry-less multiplication by all ones does it at once.
  const hn::Full128<std::uint64_t> tag;
  return hn::GetLane(hn::CLMulLower(hn::Set(tag, bits), hn::Set(tag, ~std::uint64_t{0})));
}

/// Follows quotes from block to block.
class Quotes {
 public:
  /// Which bytes of the next block lie inside quotes; the quote that opens does, the one that
  /// closes does not.
  HWY_INLINE std::uint64_t Inside(const Block& block) {
    inside_ ^= OddUpTo(block.quotes);
    const std::uint64_t inside = inside_;
    inside_ = 0 - (inside >> (kBlockBytes - 1));
    return inside;
  }
  bool open() const { return inside_ != 0; }

 private:
  std::uint64_t inside_ = 0;  // all ones if the next block begins inside quotes
};

/// Each byte whose predecessor, perhaps in the block before, is one of `mask`.
class After {
 public:
  explicit After(bool first) : carry_(first ? 1 : 0) {}
  HWY_INLINE std::uint64_t operator()(std::uint64_t mask) {
    const std::uint64_t after = mask << 1 | carry_;
    carry_ = mask >> (kBlockBytes - 1);
    return after;
  }
  bool pending() const { return carry_ != 0; }

 private:
  std::uint64_t carry_;
};

}  // namespace

void CutRegular(std::string_view window, std::span<CsvSpan> records, CsvCut& cut) {
  CsvSpan* record = records.data() + cut.num_records;
  CsvSpan* const records_end = records.data() + records.size();
  std::size_t begin = cut.consumed;
  Quotes quotes;
  After may_open(true);
  // Returns whether to go on.
  const auto add_block = [&](std::size_t at, const Block& block) {
    const std::uint64_t inside = quotes.Inside(block);
    const std::uint64_t borders = (block.quotes | block.commas | block.newlines) & ~inside;
    const std::uint64_t irregular = block.quotes & inside & ~may_open(borders);
    std::uint64_t ends = block.newlines & ~inside;
    if (HWY_UNLIKELY(irregular != 0)) ends &= (irregular & (0 - irregular)) - 1;
    for (; ends != 0; ends &= ends - 1) {
      const std::size_t end = at + static_cast<std::size_t>(std::countr_zero(ends));
      const auto cr = static_cast<std::size_t>(end > begin && window[end - 1] == '\r');
      *record++ = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin - cr)};
      begin = end + 1;
      if (record == records_end) return false;
    }
    return irregular == 0;
  };
  std::size_t at = begin;
  bool more = true;
  for (; more && window.size() - at >= kBlockBytes; at += kBlockBytes) {
    more = add_block(at, ReadBlock(window.data() + at));
  }
  if (more && at < window.size()) add_block(at, ReadLastBlock(window, window.size() - at));
  cut.num_records = static_cast<std::size_t>(record - records.data());
  cut.consumed = begin;
}

CsvSplit SplitRegular(std::string_view record, std::span<std::string_view> fields) {
  std::size_t num_fields = 0;
  std::size_t begin = 0;  // of the field
  const auto add_field = [&](std::size_t end, bool quoted) {
    const std::size_t quote = quoted ? 1 : 0;
    if (num_fields < fields.size()) {
      fields[num_fields] = {record.data() + begin + quote, end - begin - 2 * quote};
    }
    ++num_fields;
    begin = end + 1;
  };
  Quotes quotes;
  After may_open(true);
  After closed(false);
  std::uint64_t doubled = 0;
  // Returns whether the block is regular. `beyond`: the bits behind the record.
  const auto add_block = [&](std::size_t at, const Block& block, std::uint64_t beyond) {
    const std::uint64_t inside = quotes.Inside(block);
    std::uint64_t ends = block.commas & ~inside;
    const std::uint64_t opening = block.quotes & inside;
    const std::uint64_t after_closing = closed(block.quotes & ~inside);
    doubled |= after_closing & opening;
    const std::uint64_t irregular = (opening & ~(may_open(ends) | after_closing)) |
                                    (after_closing & ~(ends | opening | beyond));
    if (HWY_UNLIKELY(irregular != 0)) return false;
    for (; ends != 0; ends &= ends - 1) {
      // An empty field's first byte is the comma behind it.
      add_field(at + static_cast<std::size_t>(std::countr_zero(ends)), record[begin] == '"');
    }
    return true;
  };
  std::size_t at = 0;
  for (; record.size() - at >= kBlockBytes; at += kBlockBytes) {
    if (!add_block(at, ReadBlock(record.data() + at), 0)) return {};
  }
  if (const std::size_t left = record.size() - at; left > 0) {
    if (!add_block(at, ReadLastBlock(record, left), ~std::uint64_t{0} << left)) return {};
  }
  if (quotes.open()) return {};
  add_field(record.size(), begin < record.size() && record[begin] == '"');
  return {.num_fields = num_fields, .has_doubled_quotes = doubled != 0};
}

#else

void CutRegular(std::string_view /*window*/, std::span<CsvSpan> /*records*/, CsvCut& /*cut*/) {}

CsvSplit SplitRegular(std::string_view /*record*/, std::span<std::string_view> /*fields*/) {
  return {};
}

#endif

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {

void CutRegularCsvRecords(std::string_view window, std::span<CsvSpan> records,
                          CsvCut& cut) noexcept {
  MARQUEE_FOR_ISA(ActiveIsa(), CutRegular)(window, records, cut);
}

CsvSplit SplitRegularCsvRecord(std::string_view record,
                               std::span<std::string_view> fields) noexcept {
  return MARQUEE_FOR_ISA(ActiveIsa(), SplitRegular)(record, fields);
}

}  // namespace marquee::kernels
#endif
