#include "viewer/app/window.h"

#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace marquee::viewer {

struct Window::Inbox {
  bool input = true;
  std::vector<std::string> dropped;

  static Inbox& Of(GLFWwindow* window) {
    return *static_cast<Inbox*>(glfwGetWindowUserPointer(window));
  }

  /// Have GLFW write into the inbox of `window`.
  static void Connect(GLFWwindow* window) {
    glfwSetCursorPosCallback(window, [](GLFWwindow* w, double, double) { Of(w).input = true; });
    glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int, int, int) { Of(w).input = true; });
    glfwSetScrollCallback(window, [](GLFWwindow* w, double, double) { Of(w).input = true; });
    glfwSetKeyCallback(window, [](GLFWwindow* w, int key, int, int action, int modifiers) {
      Of(w).input = true;
      if (action == GLFW_PRESS && key == GLFW_KEY_Q && (modifiers & GLFW_MOD_CONTROL) != 0) {
        glfwSetWindowShouldClose(w, GLFW_TRUE);
      }
    });
    glfwSetCharCallback(window, [](GLFWwindow* w, unsigned) { Of(w).input = true; });
    glfwSetCursorEnterCallback(window, [](GLFWwindow* w, int) { Of(w).input = true; });
    glfwSetWindowFocusCallback(window, [](GLFWwindow* w, int) { Of(w).input = true; });
    glfwSetWindowRefreshCallback(window, [](GLFWwindow* w) { Of(w).input = true; });
    glfwSetWindowContentScaleCallback(window,
                                      [](GLFWwindow* w, float, float) { Of(w).input = true; });
    glfwSetFramebufferSizeCallback(window, [](GLFWwindow* w, int, int) { Of(w).input = true; });
    glfwSetDropCallback(window, [](GLFWwindow* w, int count, const char** paths) {
      Of(w).input = true;
      for (int i = 0; i < count; ++i) Of(w).dropped.emplace_back(paths[i]);
    });
  }
};

namespace {

Status NoWindow(const std::string& what) {
  const char* reason = nullptr;
  glfwGetError(&reason);
  return Status::Unavailable(
      fmt::format("{} ({}); marquee-viewer --headless prints the same figures as JSON", what,
                  reason != nullptr ? reason : "no reason given"));
}

}  // namespace

float DrawnScale(float content_scale, int window_width, int frame_width) {
  // A minimised window may have no extent.
  const bool known = window_width > 0 && frame_width > 0;
  const float drawn =
      known ? static_cast<float>(frame_width) / static_cast<float>(window_width) : 1;
  // A frame is a whole number of pixels: resizing a window must not change the scale by a hair.
  return std::clamp(std::round(content_scale / drawn * 50) / 50, 0.5F, 4.0F);
}

Window::Window(GLFWwindow* window, std::unique_ptr<Inbox> inbox)
    : window_(window), inbox_(std::move(inbox)) {
  glfwSetWindowUserPointer(window_, inbox_.get());
  // Before ImGui sets its own callbacks, which call these.
  Inbox::Connect(window_);
  ImGui::CreateContext();
  // What is remembered is ours: see remembered.h.
  ImGui::GetIO().IniFilename = nullptr;
  ImGui_ImplGlfw_InitForOpenGL(window_, true);
  ImGui_ImplOpenGL3_Init("#version 150");
}

Result<Window> Window::Open(const WindowOptions& options) {
  if (glfwInit() != GLFW_TRUE) return NoWindow("no display can be opened");
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  glfwWindowHint(GLFW_VISIBLE, options.hidden ? GLFW_FALSE : GLFW_TRUE);
  GLFWwindow* window = glfwCreateWindow(options.width, options.height, "Marquee", nullptr, nullptr);
  if (window == nullptr) {
    Status status = NoWindow("no window with OpenGL 3.2 can be opened");
    glfwTerminate();
    return status;
  }
  glfwMakeContextCurrent(window);
  glfwSwapInterval(options.vsync ? 1 : 0);
  glfwSetWindowSizeLimits(window, 640, 400, GLFW_DONT_CARE, GLFW_DONT_CARE);
  return Window(window, std::make_unique<Inbox>());
}

Window::Window(Window&& other) noexcept
    : window_(std::exchange(other.window_, nullptr)), inbox_(std::move(other.inbox_)) {}

Window::~Window() {
  if (window_ == nullptr) return;
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
  glfwDestroyWindow(window_);
  glfwTerminate();
}

void Window::Wake() { glfwPostEmptyEvent(); }

void Window::Wait(double seconds) { glfwWaitEventsTimeout(seconds); }

void Window::Poll() { glfwPollEvents(); }

bool Window::TakeInput() { return std::exchange(inbox_->input, false); }

std::vector<std::string> Window::TakeDroppedFiles() { return std::exchange(inbox_->dropped, {}); }

bool Window::should_close() const { return glfwWindowShouldClose(window_) == GLFW_TRUE; }

float Window::screen_scale() const {
  float x = 1;
  float y = 1;
  glfwGetWindowContentScale(window_, &x, &y);
  int window_width = 0;
  int frame_width = 0;
  int height = 0;
  glfwGetWindowSize(window_, &window_width, &height);
  glfwGetFramebufferSize(window_, &frame_width, &height);
  return DrawnScale(x, window_width, frame_width);
}

void Window::Size(int& width, int& height) const { glfwGetWindowSize(window_, &width, &height); }

void Window::BeginFrame() {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
}

void Window::Show() { glfwSwapBuffers(window_); }

}  // namespace marquee::viewer
