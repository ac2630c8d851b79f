package dev.fathom.tests.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.Unary;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Vectors stay in registers: the flags that see to it name every class of loops, and warm kernels make no objects per
 * vector.
 */
class LoopsTest {
    /** A busy machine may take seconds until the JIT compiler has done its work. */
    private static final long PATIENCE_NANOS = 30_000_000_000L;
    /** Bytes of the smallest object that holds a vector. */
    private static final long OBJECT = 64;
    private static final Path ROOT = Path.of(System.getProperty("fathom.root"));

    @Test
    void everyClassOfLoopsIsCompiledMethodByMethod() throws IOException {
        String flags = Files.readString(ROOT.resolve("tools/jvm.args"));
        Path kernels = ROOT.resolve("engine/src/main/java/dev/fathom/engine/cpu/kernels");
        try (Stream<Path> files = Files.list(kernels)) {
            List<String> missing = files.map(f -> f.getFileName().toString()).filter(n -> n.endsWith("Loops.java"))
                    .map(n -> n.substring(0, n.length() - 5)).filter(n -> !flags.contains("kernels." + n + "::*"))
                    .toList();
            assertEquals(List.of(), missing, "classes of loops that tools/jvm.args does not name");
        }
    }

    /**
     * {@code reduceLanes(ADD)} adds in one order when interpreted and in another when compiled: results would depend on
     * when the JIT compiler got there. {@code Floats.sum} has one order.
     */
    @Test
    void noKernelAddsLanesInAnUnknownOrder() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT.resolve("engine/src/main/java"))) {
            List<Path> offenders = new ArrayList<>();
            for (Path file : (Iterable<Path>) files.filter(f -> f.toString().endsWith(".java"))::iterator) {
                if (Files.readString(file).replaceAll("\\s+", "").contains("reduceLanes(VectorOperators.ADD")) {
                    offenders.add(file);
                }
            }
            assertEquals(List.of(), offenders);
        }
    }

    /** An object that holds a vector of 16 floats takes 64 bytes at least: the limit is one such object a vector. */
    @ParameterizedTest
    @EnumSource(value = Unary.Kind.class, names = {"GELU", "SIGMOID", "SILU", "LOG", "EXP"})
    void activationsMakeNoObjectsPerVector(Unary.Kind kind) {
        try (MemoryScope scope = MemoryScope.open("loops")) {
            Tensor x = ramp(64, 1024);
            assertFewerBytes(64 * 1024 / 16 * OBJECT, new Unary(kind), x);
        }
    }

    @Test
    void attentionMakesNoObjectsPerVector() {
        try (MemoryScope scope = MemoryScope.open("loops")) {
            Tensor qkv = ramp(1, 192, 3 * 128);
            // 192 x 192 scores for 2 heads are 4608 vectors. Sums kept in objects would cost a hundred times the limit.
            assertFewerBytes(4608 * OBJECT, new Attention(2), qkv);
        }
    }

    private static Tensor ramp(int... dims) {
        int n = 1;
        for (int d : dims) {
            n *= d;
        }
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = 1 + (i * 37 % 101) / 50f;
        }
        return Tensors.of(values, dims);
    }

    /** Calls the operation until one call stays below the limit, which it does as soon as all its loops are compiled. */
    private static void assertFewerBytes(long limit, Op op, Tensor x) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long self = Thread.currentThread().threadId();
        WorkPool former = WorkPool.replaceShared(new WorkPool(1));
        try {
            long least = Long.MAX_VALUE;
            long end = System.nanoTime() + PATIENCE_NANOS;
            while (least >= limit && System.nanoTime() < end) {
                long before = threads.getThreadAllocatedBytes(self);
                try (MemoryScope scope = MemoryScope.open("call")) {
                    Dispatcher.run(op, x);
                }
                least = Math.min(least, threads.getThreadAllocatedBytes(self) - before);
            }
            long bytes = least;
            assertTrue(bytes < limit, () -> op + " allocates " + bytes + " bytes a call, more than " + limit);
        } finally {
            WorkPool.replaceShared(former).close();
        }
    }
}
