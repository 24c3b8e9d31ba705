#include "tests/support/imgui_harness.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

namespace marquee::testing_support {
namespace {

using viewer::Intents;

struct Letter {
  ImWchar code;
  float left, top, right, bottom;
  float origin;   ///< of the pen
  float advance;  ///< of the pen, to the next letter
};

/// Letters by the corner of their picture in the font's texture, which no two share.
class GlyphTable {
 public:
  GlyphTable() {
    for (const ImFont* font : ImGui::GetIO().Fonts->Fonts) {
      for (const ImFontGlyph& glyph : font->Glyphs) {
        if (glyph.Visible) glyphs_.emplace(std::pair(glyph.U0, glyph.V0), &glyph);
      }
    }
  }

  std::optional<Letter> Find(const ImDrawVert* quad) const {
    const auto it = glyphs_.find({quad[0].uv.x, quad[0].uv.y});
    if (it == glyphs_.end()) return {};
    const ImFontGlyph& glyph = *it->second;
    if (quad[2].uv.x != glyph.U1 || quad[2].uv.y != glyph.V1) return {};
    return Letter{static_cast<ImWchar>(glyph.Codepoint),
                  quad[0].pos.x,
                  quad[0].pos.y,
                  quad[2].pos.x,
                  quad[2].pos.y,
                  quad[0].pos.x - glyph.X0,
                  glyph.AdvanceX};
  }

 private:
  std::map<std::pair<float, float>, const ImFontGlyph*> glyphs_;
};

std::string Utf8(ImWchar code) {
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) {
    return {static_cast<char>(0xc0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3f))};
  }
  return {static_cast<char>(0xe0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3f)),
          static_cast<char>(0x80 | (code & 0x3f))};
}

/// Put letters that stand close together, in the order they were drawn in, into one text.
class TextBuilder {
 public:
  explicit TextBuilder(std::vector<DrawnText>& texts) : texts_(texts) {}

  void Add(const Letter& letter, const ImVec4& clip) {
    const float steps = (letter.origin - origin_) / advance_;
    const bool same_line = !texts_.empty() && advance_ == letter.advance && clip_ == &clip &&
                           letter.top < texts_.back().max.y + 2 &&
                           letter.bottom > texts_.back().min.y - 2;
    // The built-in font's letters are all of one width: the next one, or a space before it.
    const bool next = same_line && std::abs(steps - 1) < 0.1F;
    const bool after_space = same_line && std::abs(steps - 2) < 0.1F;
    if (after_space) {
      texts_.back().text += ' ';
    } else if (!next) {
      texts_.push_back({"", {letter.left, letter.top}, {letter.right, letter.bottom}});
      clip_ = &clip;
    }
    origin_ = letter.origin;
    advance_ = letter.advance;
    DrawnText& text = texts_.back();
    text.text += Utf8(letter.code);
    text.min = {std::min(text.min.x, letter.left), std::min(text.min.y, letter.top)};
    text.max = {std::max(text.max.x, letter.right), std::max(text.max.y, letter.bottom)};
    text.cut |= letter.left < clip.x - 0.5F || letter.right > clip.z + 0.5F;
  }

 private:
  std::vector<DrawnText>& texts_;
  float origin_ = 0;
  float advance_ = 1;
  const ImVec4* clip_ = nullptr;
};

}  // namespace

ImguiHarness::ImguiHarness(ImVec2 size, float scale, viewer::ThemeKind kind)
    : context_(ImGui::CreateContext()) {
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = size;
  io.DeltaTime = 1.0F / 60;
  io.IniFilename = nullptr;
  theme_ = viewer::MakeTheme(kind, scale);
  const auto add_font = [&](float pixels) {
    ImFontConfig config;
    config.SizePixels = std::floor(pixels * scale);
    return io.Fonts->AddFontDefault(&config);
  };
  theme_.text = add_font(13);
  theme_.small = theme_.text;
  theme_.bold = add_font(13);
  theme_.large = add_font(26);
  unsigned char* pixels = nullptr;
  int width = 0;
  int height = 0;
  io.Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
  viewer::ApplyTheme(theme_, ImGui::GetStyle());
#if IMGUI_VERSION_NUM < 18700
  for (int key = 0; key < ImGuiKey_COUNT; ++key) io.KeyMap[key] = key;
#endif
  io.MousePos = {-1, -1};
}

ImguiHarness::~ImguiHarness() { ImGui::DestroyContext(context_); }

void ImguiHarness::SetTheme(viewer::ThemeKind kind) {
  const viewer::Theme before = theme_;
  theme_ = viewer::MakeTheme(kind, before.scale);
  theme_.text = before.text;
  theme_.small = before.small;
  theme_.bold = before.bold;
  theme_.large = before.large;
  viewer::ApplyTheme(theme_, ImGui::GetStyle());
}

void ImguiHarness::Frame(const wire::Snapshot& snapshot) {
  ImGui::NewFrame();
  Intents now = viewer::DrawViewer(snapshot, theme_, state_);
  ImGui::Render();
  const auto take = [](auto& all, auto& one) {
    if (one) all = std::move(one);
  };
  take(intents_.pause, now.pause);
  take(intents_.seek_ns, now.seek_ns);
  take(intents_.speed, now.speed);
  take(intents_.open, now.open);
  take(intents_.list_folder, now.list_folder);
  take(intents_.copy, now.copy);
  take(intents_.save, now.save);
  take(intents_.theme, now.theme);
  take(intents_.scale, now.scale);
  intents_.save_picture |= now.save_picture;
  intents_.stop |= now.stop;
  ReadTexts();
}

void ImguiHarness::Settle(const wire::Snapshot& snapshot) {
  for (int i = 0; i < 4; ++i) Frame(snapshot);
}

void ImguiHarness::HoverAt(const wire::Snapshot& snapshot, ImVec2 at) {
  ImGui::GetIO().MousePos = at;
  Settle(snapshot);
}

void ImguiHarness::ClickAt(const wire::Snapshot& snapshot, ImVec2 at, ImGuiMouseButton button) {
  ImGuiIO& io = ImGui::GetIO();
  io.MousePos = at;
  Frame(snapshot);
  Frame(snapshot);
  io.MouseDown[button] = true;
  Frame(snapshot);
  io.MouseDown[button] = false;
  Frame(snapshot);
  io.MousePos = {-1, -1};
  // So long that the next click is none of a double click.
  io.DeltaTime = 1;
  Frame(snapshot);
  io.DeltaTime = 1.0F / 60;
  Settle(snapshot);
}

void ImguiHarness::Drag(const wire::Snapshot& snapshot, ImVec2 from, ImVec2 to) {
  ImGuiIO& io = ImGui::GetIO();
  io.MousePos = from;
  Frame(snapshot);
  Frame(snapshot);
  io.MouseDown[0] = true;
  Frame(snapshot);
  io.MousePos = to;
  Frame(snapshot);
  io.MouseDown[0] = false;
  Settle(snapshot);
}

void ImguiHarness::Wheel(const wire::Snapshot& snapshot, float notches) {
  ImGui::GetIO().MouseWheel = notches;
  Frame(snapshot);
  Settle(snapshot);
}

bool ImguiHarness::Click(const wire::Snapshot& snapshot, std::string_view label) {
  Settle(snapshot);
  const DrawnText* text = Find(label);
  if (text == nullptr) return false;
  ClickAt(snapshot, {(text->min.x + text->max.x) / 2, (text->min.y + text->max.y) / 2});
  return true;
}

bool ImguiHarness::Hover(const wire::Snapshot& snapshot, std::string_view label) {
  Settle(snapshot);
  const DrawnText* text = Find(label);
  if (text == nullptr) return false;
  HoverAt(snapshot, {(text->min.x + text->max.x) / 2, (text->min.y + text->max.y) / 2});
  return true;
}

void ImguiHarness::Type(const wire::Snapshot& snapshot, std::string_view letters) {
  for (const char letter : letters) {
    ImGui::GetIO().AddInputCharacter(static_cast<unsigned char>(letter));
    Frame(snapshot);
  }
  Settle(snapshot);
}

void ImguiHarness::PressKey(const wire::Snapshot& snapshot, ImGuiKey key) {
#if IMGUI_VERSION_NUM < 18700
  ImGui::GetIO().KeysDown[key] = true;
  Frame(snapshot);
  ImGui::GetIO().KeysDown[key] = false;
#else
  ImGui::GetIO().AddKeyEvent(key, true);
  Frame(snapshot);
  ImGui::GetIO().AddKeyEvent(key, false);
#endif
  Settle(snapshot);
}

void ImguiHarness::ReadTexts() {
  const GlyphTable glyphs;
  texts_.clear();
  TextBuilder builder(texts_);
  const ImDrawData& data = *ImGui::GetDrawData();
  for (int l = 0; l < data.CmdListsCount; ++l) {
    const ImDrawList& list = *data.CmdLists[l];
    for (const ImDrawCmd& command : list.CmdBuffer) {
      // A quad is six indices of four vertices; its first and third are opposite corners.
      for (unsigned i = 0; i + 5 < command.ElemCount; i += 3) {
        const ImDrawIdx* index = &list.IdxBuffer[static_cast<int>(command.IdxOffset + i)];
        if (index[1] != index[0] + 1 || index[2] != index[0] + 2) continue;
        const auto first = static_cast<int>(command.VtxOffset + index[0]);
        if (first + 3 >= list.VtxBuffer.Size) continue;
        const auto letter = glyphs.Find(&list.VtxBuffer[first]);
        if (!letter) continue;
        // What lies outside its clip rectangle is not seen at all.
        const ImVec4& clip = command.ClipRect;
        if (letter->right <= clip.x || letter->left >= clip.z || letter->bottom <= clip.y ||
            letter->top >= clip.w) {
          continue;
        }
        builder.Add(*letter, clip);
      }
    }
  }
}

std::string ImguiHarness::AllText() const {
  std::string all;
  for (const DrawnText& text : texts_) all += text.text + "\n";
  return all;
}

const DrawnText* ImguiHarness::Find(std::string_view words) const {
  for (const DrawnText& text : texts_) {
    if (text.text.find(words) != std::string::npos) return &text;
  }
  return nullptr;
}

bool ImguiHarness::Shows(std::string_view words) const { return Find(words) != nullptr; }

std::string ImguiHarness::DrawnOutside() const {
  const ImDrawData& data = *ImGui::GetDrawData();
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  std::string problems;
  for (int l = 0; l < data.CmdListsCount; ++l) {
    const ImDrawList& list = *data.CmdLists[l];
    for (const ImDrawCmd& command : list.CmdBuffer) {
      const ImVec4& clip = command.ClipRect;
      if (clip.x >= clip.z || clip.y >= clip.w) continue;  // nothing of it is seen
      if (clip.x < 0 || clip.y < 0 || clip.z > display.x || clip.w > display.y) {
        problems += fmt::format("clip rectangle {},{} to {},{}\n", clip.x, clip.y, clip.z, clip.w);
      }
      for (unsigned i = 0; i < command.ElemCount; ++i) {
        const ImDrawIdx index = list.IdxBuffer[static_cast<int>(command.IdxOffset + i)];
        const ImVec2 at = list.VtxBuffer[static_cast<int>(command.VtxOffset + index)].pos;
        if (!std::isfinite(at.x) || !std::isfinite(at.y)) {
          return fmt::format("{}vertex at {},{}\n", problems, at.x, at.y);
        }
      }
    }
  }
  for (const DrawnText& text : texts_) {
    if (text.min.x < -1 || text.max.x > display.x + 1 || text.max.y > display.y + 1) {
      problems += fmt::format("text \"{}\"\n", text.text);
    }
  }
  return problems;
}

std::string ImguiHarness::FrameBytes() const {
  const ImDrawData& data = *ImGui::GetDrawData();
  std::string bytes;
  const auto add = [&bytes](const void* from, std::size_t size) {
    bytes.append(static_cast<const char*>(from), size);
  };
  for (int l = 0; l < data.CmdListsCount; ++l) {
    const ImDrawList& list = *data.CmdLists[l];
    add(list.VtxBuffer.Data, static_cast<std::size_t>(list.VtxBuffer.size_in_bytes()));
    add(list.IdxBuffer.Data, static_cast<std::size_t>(list.IdxBuffer.size_in_bytes()));
    for (const ImDrawCmd& command : list.CmdBuffer) {
      add(&command.ClipRect, sizeof(command.ClipRect));
      add(&command.ElemCount, sizeof(command.ElemCount));
    }
  }
  return bytes;
}

}  // namespace marquee::testing_support
