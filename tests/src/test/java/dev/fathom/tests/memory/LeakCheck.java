package dev.fathom.tests.memory;

import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;

/**
 * Compares the live bytes of tensor memory before and after a test class. A class that leaves one byte behind fails:
 * its tests opened a scope that they did not close, or the engine forgot a storage. Both test engines use it, see
 * {@link LeakExtension} and {@link LeakHook}.
 */
final class LeakCheck {
    /** What was live and open before a class; classes nest. */
    private record Before(long liveBytes, String openScope) {
    }

    private final Deque<Before> before = new ArrayDeque<>();

    void begin() {
        before.push(new Before(liveBytes(), openScope()));
    }

    /**
     * Fails if more (or less) is live than at {@link #begin}, or a scope that was opened since is still open on this
     * thread.
     */
    void end(String testClass) {
        Before then = before.pop();
        long leaked = liveBytes() - then.liveBytes();
        if (leaked != 0) {
            throw new AssertionError(testClass + " left " + leaked
                    + " bytes of tensor memory behind; close every MemoryScope that it opens"
                    + " (try-with-resources), and let no test keep a tensor in a static field");
        }
        String open = openScope();
        if (!Objects.equals(open, then.openScope())) {
            throw new AssertionError(testClass + " left the MemoryScope '" + open + "' open (before: "
                    + then.openScope() + ")");
        }
    }

    /** Of the host and of every GPU that is open: one that is closed in between takes its tensors with it. */
    private static long liveBytes() {
        return HostAllocator.shared().stats().liveBytes()
                + Backends.openDevices().stream().mapToLong(b -> b.memory().liveBytes()).sum();
    }

    private static String openScope() {
        try {
            return MemoryScope.current().name();
        } catch (IllegalStateException none) {
            return null;
        }
    }
}
