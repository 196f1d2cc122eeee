//! configcat-eval
