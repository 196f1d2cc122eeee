//! configcat-fetch
