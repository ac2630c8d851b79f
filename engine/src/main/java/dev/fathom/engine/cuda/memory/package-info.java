/** Device memory: a caching allocator with size classes, and staging through page-locked host memory. */
package dev.fathom.engine.cuda.memory;
