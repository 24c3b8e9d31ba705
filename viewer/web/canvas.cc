#include "viewer/web/canvas.h"

#include <backends/imgui_impl_opengl3.h>
#include <emscripten/em_js.h>
#include <emscripten/html5.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace marquee::viewer {
namespace {

constexpr const char* kCanvas = "#canvas";

EM_JS(void, page_set_cursor, (const char* name), { Module.page.setCursor(UTF8ToString(name)); })
EM_JS(void, page_copy, (const char* text), { Module.page.copy(UTF8ToString(text)); })

constexpr std::array<std::pair<std::string_view, ImGuiKey>, 19> kKeys = {
    {{"ArrowLeft", ImGuiKey_LeftArrow},
     {"ArrowRight", ImGuiKey_RightArrow},
     {"ArrowUp", ImGuiKey_UpArrow},
     {"ArrowDown", ImGuiKey_DownArrow},
     {"PageUp", ImGuiKey_PageUp},
     {"PageDown", ImGuiKey_PageDown},
     {"Home", ImGuiKey_Home},
     {"End", ImGuiKey_End},
     {"Delete", ImGuiKey_Delete},
     {"Backspace", ImGuiKey_Backspace},
     {"Enter", ImGuiKey_Enter},
     {"Tab", ImGuiKey_Tab},
     {"Escape", ImGuiKey_Escape},
     {"KeyA", ImGuiKey_A},
     {"KeyC", ImGuiKey_C},
     {"KeyV", ImGuiKey_V},
     {"KeyX", ImGuiKey_X},
     {"KeyY", ImGuiKey_Y},
     {"KeyZ", ImGuiKey_Z}}};

/// What CSS calls it.
const char* NameOf(ImGuiMouseCursor cursor) {
  switch (cursor) {
    case ImGuiMouseCursor_TextInput:
      return "text";
    case ImGuiMouseCursor_ResizeEW:
      return "ew-resize";
    case ImGuiMouseCursor_ResizeNS:
      return "ns-resize";
    case ImGuiMouseCursor_Hand:
      return "pointer";
    default:
      return "default";
  }
}

}  // namespace

std::unique_ptr<Canvas> Canvas::Open() {
  EmscriptenWebGLContextAttributes attributes;
  emscripten_webgl_init_context_attributes(&attributes);
  attributes.majorVersion = 2;
  attributes.alpha = EM_FALSE;
  attributes.depth = EM_FALSE;
  attributes.antialias = EM_FALSE;  // ImGui smooths its lines itself
  const auto context = emscripten_webgl_create_context(kCanvas, &attributes);
  if (context <= 0) return nullptr;
  emscripten_webgl_make_context_current(context);
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.BackendFlags |= ImGuiBackendFlags_HasMouseCursors;
  io.SetClipboardTextFn = [](void*, const char* text) { page_copy(text); };
  // What is pasted comes as typed text: a page may not look into the clipboard.
  io.GetClipboardTextFn = [](void*) -> const char* { return nullptr; };
  ImGui_ImplOpenGL3_Init("#version 300 es");
  return std::unique_ptr<Canvas>(new Canvas());
}

Canvas::~Canvas() {
  ImGui_ImplOpenGL3_Shutdown();
  ImGui::DestroyContext();
}

void Canvas::Resize(int width, int height, float scale) {
  emscripten_set_canvas_element_size(kCanvas, width, height);
  ImGui::GetIO().DisplaySize = {static_cast<float>(width), static_cast<float>(height)};
  scale_ = std::clamp(scale, 0.5F, 4.0F);
  input_ = true;
}

void Canvas::MovePointer(float x, float y) {
  ImGui::GetIO().AddMousePosEvent(x, y);
  input_ = true;
}

void Canvas::LeavePointer() {
  constexpr float kNowhere = -3.4e38F;
  MovePointer(kNowhere, kNowhere);
}

void Canvas::PressButton(int button, bool down) {
  // Browsers count the middle one before the right one.
  constexpr std::array<int, 3> kButtons = {ImGuiMouseButton_Left, ImGuiMouseButton_Middle,
                                           ImGuiMouseButton_Right};
  if (button < 0 || button >= static_cast<int>(kButtons.size())) return;
  ImGui::GetIO().AddMouseButtonEvent(kButtons[static_cast<std::size_t>(button)], down);
  input_ = true;
}

void Canvas::TurnWheel(float x, float y) {
  ImGui::GetIO().AddMouseWheelEvent(x, y);
  input_ = true;
}

void Canvas::PressKey(std::string_view name, bool down) {
  for (const auto& [key_name, key] : kKeys) {
    if (key_name == name) ImGui::GetIO().AddKeyEvent(key, down);
  }
  input_ = true;
}

void Canvas::PressModifiers(bool control, bool shift, bool alt) {
  ImGuiIO& io = ImGui::GetIO();
  io.AddKeyEvent(ImGuiMod_Ctrl, control);
  io.AddKeyEvent(ImGuiMod_Shift, shift);
  io.AddKeyEvent(ImGuiMod_Alt, alt);
}

void Canvas::Type(const char* text) {
  ImGui::GetIO().AddInputCharactersUTF8(text);
  input_ = true;
}

void Canvas::Focus(bool focused) {
  ImGui::GetIO().AddFocusEvent(focused);
  input_ = true;
}

bool Canvas::TakeInput() { return std::exchange(input_, false); }

void Canvas::BeginFrame() {
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::duration<float> passed = now - std::exchange(drawn_at_, now);
  // ImGui wants some time to pass between frames, and none of a page that was hidden for an hour.
  ImGui::GetIO().DeltaTime = std::clamp(passed.count(), 1e-4F, 1.0F);
  ImGui_ImplOpenGL3_NewFrame();
  ImGui::NewFrame();
}

void Canvas::Show() {
  const ImGuiMouseCursor cursor = ImGui::GetMouseCursor();
  if (cursor == std::exchange(cursor_, cursor)) return;
  page_set_cursor(NameOf(cursor));
}

}  // namespace marquee::viewer
