package dev.fathom.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Addresses that become memory page by page, when they are first written: {@code mmap} and {@code madvise} of Linux.
 * Java's own arenas write zeros to all that they allocate, so all of it becomes memory at once.
 *
 * <p>It asks for huge pages (2 MiB instead of 4 KiB), which most systems give to those who ask ({@code
 * /sys/kernel/mm/transparent_hugepage/enabled} says {@code madvise} or {@code always}): fewer page faults at first;
 * a steady pass takes as long with either. Where there are none, everything works as well.
 */
final class AddressSpace {
    private static final int READ_WRITE = 1 | 2;
    private static final int PRIVATE_ANONYMOUS_NORESERVE = 0x2 | 0x20 | 0x4000;
    private static final int DONT_NEED = 4;
    private static final int HUGE_PAGE = 14;
    /** What a huge page is on x86-64 and, with pages of 4 KiB, on ARM; slabs begin at a multiple of it. */
    static final long HUGE = 2L << 20;

    private final MethodHandle mmap;
    private final MethodHandle munmap;
    private final MethodHandle madvise;

    private AddressSpace(Linker linker) {
        ValueLayout.OfLong l = ValueLayout.JAVA_LONG;
        ValueLayout.OfInt i = ValueLayout.JAVA_INT;
        mmap = function(linker, "mmap", FunctionDescriptor.of(l, l, l, i, i, i, l));
        munmap = function(linker, "munmap", FunctionDescriptor.of(i, l, l));
        madvise = function(linker, "madvise", FunctionDescriptor.of(i, l, l, i));
    }

    private static MethodHandle function(Linker linker, String name, FunctionDescriptor type) {
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }

    /** On Linux; empty elsewhere. */
    static Optional<AddressSpace> ofThisSystem() {
        return System.getProperty("os.name").equals("Linux") ? Optional.of(new AddressSpace(Linker.nativeLinker()))
                : Optional.empty();
    }

    /**
     * Zeros that take no memory yet, from a multiple of {@link #HUGE} on, until the arena closes.
     *
     * @param bytes a multiple of {@link #HUGE}
     * @param huge whether to ask for huge pages
     * @throws OutOfMemoryError if the system has not so many addresses for this process
     */
    MemorySegment reserve(long bytes, boolean huge, Arena arena) {
        try {
            long whole = bytes + HUGE;
            long start = (long) mmap.invokeExact(0L, whole, READ_WRITE, PRIVATE_ANONYMOUS_NORESERVE, -1, 0L);
            if (start == -1) {
                throw new OutOfMemoryError("mmap of " + whole + " bytes");
            }
            long aligned = (start + HUGE - 1) & -HUGE;
            if (huge) {
                // A refusal means a kernel without huge pages; ordinary ones do then.
                int ignored = (int) madvise.invokeExact(aligned, bytes, HUGE_PAGE);
            }
            return MemorySegment.ofAddress(aligned).reinterpret(bytes, arena, segment -> unmap(start, whole));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a call of mmap cannot throw", e);
        }
    }

    private void unmap(long start, long bytes) {
        try {
            int ignored = (int) munmap.invokeExact(start, bytes);
        } catch (Throwable e) {
            throw new IllegalStateException("a call of munmap cannot throw", e);
        }
    }

    /** Gives the pages of a range back to the system; the addresses stay, and hold zeros. */
    void giveBack(MemorySegment pages) {
        try {
            int ignored = (int) madvise.invokeExact(pages.address(), pages.byteSize(), DONT_NEED);
        } catch (Throwable e) {
            throw new IllegalStateException("a call of madvise cannot throw", e);
        }
    }
}
