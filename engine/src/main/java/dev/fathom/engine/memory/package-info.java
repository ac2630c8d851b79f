/**
 * Off-heap memory with owners. A {@link dev.fathom.engine.memory.MemoryScope} owns what is made inside it and frees it
 * when it closes; {@link dev.fathom.engine.memory.HostAllocator} recycles the blocks; {@link
 * dev.fathom.engine.memory.MemoryStats} counts every byte, so that a test can fail on a leaked one.
 */
package dev.fathom.engine.memory;
