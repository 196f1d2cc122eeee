//! configcat
