//! configcat-cache
