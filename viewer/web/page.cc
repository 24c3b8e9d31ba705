// What the page's script (page.js) calls: snapshots, fonts and input come in, frames come out.
#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "viewer/data/snapshot_message.h"
#include "viewer/screen/screen.h"
#include "viewer/web/canvas.h"

namespace marquee::viewer {
namespace {

EM_JS(void, page_save, (const char* name, const char* bytes, std::size_t size),
      { Module.page.save(UTF8ToString(name), HEAPU8.slice(bytes, bytes + size)); })
EM_JS(void, page_remember, (const char* panel, int light, float scale),
      { Module.page.remember(UTF8ToString(panel), light != 0, scale); })
EM_JS(void, page_want_letter, (int letter), { Module.page.wantLetter(letter); })

/// The page, from its opening until it is closed with all that is in it.
struct Page {
  Page(std::unique_ptr<Canvas> opened, FontFiles fonts, Look look, ViewerState state)
      : canvas(std::move(opened)), screen(*canvas, std::move(fonts), look, std::move(state)) {}

  std::unique_ptr<Canvas> canvas;
  Screen screen;
  Panel remembered = Panel::kOverview;
  Screen::Clock::time_point fonts_at;
};

FontFiles fonts_of_page;
std::optional<Page> page;

/// Show what was there, but that nothing more comes, and why.
void TellState(wire::SourceState state, std::string message) {
  wire::SnapshotT snapshot;
  page->screen.snapshot().UnPackTo(&snapshot);
  snapshot.source->state = state;
  snapshot.source->message = std::move(message);
  page->screen.SetSnapshot(SnapshotMessage::Make(snapshot));
}

void RememberChoices(const Intents& intents) {
  const Panel panel = page->screen.state().panel;
  if (panel == page->remembered && !intents.theme && !intents.scale) return;
  page->remembered = panel;
  const Look& look = page->screen.look();
  page_remember(kPanelNames[static_cast<std::size_t>(panel)], look.theme == ThemeKind::kLight,
                look.scale);
}

/// Ask for what new fonts still lack, once.
void WantLetters() {
  if (std::exchange(page->fonts_at, page->screen.fonts_at()) == page->screen.fonts_at()) return;
  for (const ImWchar letter : page->screen.LackingLetters()) page_want_letter(letter);
}

}  // namespace

extern "C" {

/// The first is for text, the second for bold text, all others for letters that those lack.
EMSCRIPTEN_KEEPALIVE void page_add_font(const char* bytes, std::size_t size) {
  FontFile font(bytes, bytes + size);
  if (page) return page->screen.AddFont(std::move(font));
  (fonts_of_page.empty() ? fonts_of_page.text : fonts_of_page.bold) = std::move(font);
}

/// Returns 0 if the browser has no WebGL 2. `panel` may be no panel's name.
EMSCRIPTEN_KEEPALIVE int page_open(const char* panel, int light, float scale) {
  auto canvas = Canvas::Open();
  if (canvas == nullptr) return 0;
  ViewerState state;
  state.watching = true;
  const auto* name = std::find(kPanelNames.begin(), kPanelNames.end(), std::string_view(panel));
  if (name != kPanelNames.end()) state.panel = static_cast<Panel>(name - kPanelNames.begin());
  const Look look{.theme = light != 0 ? ThemeKind::kLight : ThemeKind::kDark, .scale = scale};
  page.emplace(std::move(canvas), std::move(fonts_of_page), look, std::move(state));
  page->remembered = page->screen.state().panel;
  return 1;
}

/// Show a snapshot of the server, or why it cannot be shown. Returns 0 then.
EMSCRIPTEN_KEEPALIVE int page_take_snapshot(const std::byte* bytes, std::size_t size) {
  auto message = SnapshotMessage::Verify(std::span(bytes, size));
  if (!message) {
    TellState(wire::SourceState::Failed,
              fmt::format("The server sent what this page cannot read: {}. Is it of another "
                          "version? Reload the page.",
                          message.error().message()));
    return 0;
  }
  page->screen.SetSnapshot(*std::move(message));
  return 1;
}

EMSCRIPTEN_KEEPALIVE void page_tell_waiting(const char* message) {
  TellState(wire::SourceState::Waiting, message);
}

EMSCRIPTEN_KEEPALIVE void page_tell(const char* notice) { page->screen.Tell(notice); }

/// Draw a frame if one is due. Returns the milliseconds until the next one is; -1 = when something
/// comes.
EMSCRIPTEN_KEEPALIVE double page_draw() {
  Screen& screen = page->screen;
  if (screen.Rest() == Screen::Clock::duration::zero()) {
    const Intents intents = screen.Draw();
    if (intents.save) {
      const std::string& bytes = intents.save->bytes;
      page_save(intents.save->name.c_str(), bytes.data(), bytes.size());
    }
    RememberChoices(intents);
    WantLetters();
  }
  const Screen::Clock::duration rest = screen.Rest();
  if (rest > std::chrono::hours(1)) return -1;
  return std::chrono::duration<double, std::milli>(rest).count();
}

EMSCRIPTEN_KEEPALIVE void page_resize(int width, int height, float scale) {
  page->canvas->Resize(width, height, scale);
}
EMSCRIPTEN_KEEPALIVE void page_move_pointer(float x, float y) { page->canvas->MovePointer(x, y); }
EMSCRIPTEN_KEEPALIVE void page_leave_pointer() { page->canvas->LeavePointer(); }
EMSCRIPTEN_KEEPALIVE void page_press_button(int button, int down) {
  page->canvas->PressButton(button, down != 0);
}
EMSCRIPTEN_KEEPALIVE void page_turn_wheel(float x, float y) { page->canvas->TurnWheel(x, y); }
EMSCRIPTEN_KEEPALIVE void page_press_key(const char* name, int down) {
  page->canvas->PressKey(name, down != 0);
}
EMSCRIPTEN_KEEPALIVE void page_press_modifiers(int control, int shift, int alt) {
  page->canvas->PressModifiers(control != 0, shift != 0, alt != 0);
}
EMSCRIPTEN_KEEPALIVE void page_type(const char* text) { page->canvas->Type(text); }
EMSCRIPTEN_KEEPALIVE void page_focus(int focused) { page->canvas->Focus(focused != 0); }

}  // extern "C"

}  // namespace marquee::viewer
