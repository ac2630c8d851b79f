package dev.fathom.engine.cuda.emulated.check;

import dev.fathom.engine.cuda.emulated.check.ArgumentSpec.Buffer;
import dev.fathom.engine.cuda.emulated.check.ArgumentSpec.Fill;
import dev.fathom.engine.cuda.emulated.check.ArgumentSpec.Real;
import dev.fathom.engine.cuda.emulated.check.ArgumentSpec.Whole;
import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import dev.fathom.engine.cuda.emulated.ptx.Emulator;
import dev.fathom.engine.cuda.emulated.ptx.ParameterBlock;
import dev.fathom.engine.cuda.emulated.ptx.PtxKernel;
import dev.fathom.engine.cuda.emulated.ptx.run.Dim3;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import dev.fathom.engine.errors.FathomException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * Launches a kernel many times with random sizes and contents and collects its faults. Each launch has fresh memory, looks
 * for races between blocks, and runs a second time on the same contents with blocks in parallel: the results must be the
 * same bits.
 *
 * {@snippet :
 * CheckResult result = new KernelCheck(module.kernel("saxpy")).argument(0, "f32[n]").argument(1, "f32[n]")
 *         .argument(2, "-2.0..2.0").argument(3, "n").launches(50).seed(7).run();
 * }
 */
public final class KernelCheck {
    /** The name of a size: how many threads the grid has. */
    public static final String THREADS = "threads";
    /** The name of a size: how many blocks the grid has. */
    public static final String BLOCKS = "blocks";

    private static final long MOST_ELEMENTS = 1 << 16;

    private final PtxKernel kernel;
    private final List<ArgumentSpec> arguments;
    private final Map<String, Sizes.Range> ranges = new LinkedHashMap<>();
    private int launches = 20;
    private long seed;
    private Dim3 block;
    private Dim3 grid;
    private int dynamicShared;

    /** A check with guessed arguments; what the guess misses is to be said by {@link #argument}. */
    public KernelCheck(PtxKernel kernel) {
        this.kernel = kernel;
        this.arguments = new ArrayList<>(Guess.of(kernel));
    }

    /** Says what a parameter is given; {@link ArgumentSpec} has the grammar. */
    public KernelCheck argument(int number, String spec) {
        if (number < 0 || number >= arguments.size()) {
            throw new FathomException(kernel.name() + " has parameters 0 to " + (arguments.size() - 1) + ", not " + number);
        }
        arguments.set(number, ArgumentSpec.parse(spec));
        return this;
    }

    /** Says from where to where a size is drawn, both ends included. */
    public KernelCheck range(String name, long low, long high) {
        if (low < 0 || high < low) {
            throw new FathomException("the range " + low + ".." + high + " of " + name + " holds no size");
        }
        ranges.put(name, new Sizes.Range(low, high));
        return this;
    }

    public KernelCheck launches(int count) {
        this.launches = count;
        return this;
    }

    public KernelCheck seed(long s) {
        this.seed = s;
        return this;
    }

    /** The threads of a block; else 32 to 256 at random, or the kernel's own bound where it has one. */
    public KernelCheck block(Dim3 b) {
        this.block = b;
        return this;
    }

    /** The blocks of a grid; else random, half the time enough for a thread an element. */
    public KernelCheck grid(Dim3 g) {
        this.grid = g;
        return this;
    }

    public KernelCheck dynamicShared(int bytes) {
        this.dynamicShared = bytes;
        return this;
    }

    /**
     * Runs all launches.
     *
     * @throws FathomException if a parameter is a structure and nothing was said about it
     */
    public CheckResult run() {
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i) == null) {
                throw new FathomException("parameter " + i + " of " + kernel.name() + " is a structure of "
                        + kernel.parameters().get(i).bytes() + " bytes: only a program of your own can fill it (KernelCheck is "
                        + "for pointers and numbers)");
            }
        }
        Map<String, CheckResult.Finding> findings = new LinkedHashMap<>();
        Map<String, Long> smallest = new LinkedHashMap<>();
        for (int i = 0; i < launches; i++) {
            // Hashed, because generators with neighbouring seeds begin alike.
            Random random = new Random(Long.reverse((seed + 1) * 0x9e3779b97f4a7c15L + i * 0xbf58476d1ce4e5b9L));
            List<String> names = Guess.names(arguments);
            long most = (long) Math.pow(MOST_ELEMENTS, 1.0 / Math.max(1, names.size()));
            Map<String, Long> sizes = Sizes.draw(random, names, ranges, Math.min(most, 5000));
            Dim3 b = block != null ? block : drawBlock(random);
            Dim3 g = grid != null ? grid : drawGrid(random, sizes, b);
            sizes.put(THREADS, g.count() * b.count());
            sizes.put(BLOCKS, g.count());
            String launch = "launch " + i + ": " + names.stream().map(n -> n + " " + sizes.get(n) + ", ").collect(Collectors.joining()) + "grid " + g + ", block " + b
                    + (dynamicShared > 0 ? ", " + dynamicShared + " bytes of dynamic shared memory" : "");
            CheckResult.Finding found = one(random, sizes, g, b, launch);
            if (found != null) {
                String key = found.kind() + " " + (found.report().split(":", 2)[0]);
                // Of several launches with one fault the smallest is shown.
                CheckResult.Finding before = findings.get(key);
                long size = sizes.values().stream().mapToLong(Long::longValue).sum();
                CheckResult.Finding shown = before == null || size < smallest.get(key) ? found : before;
                smallest.merge(key, size, Math::min);
                findings.put(key, new CheckResult.Finding(shown.kind(), shown.report(), shown.launch(),
                        before == null ? 1 : before.times() + 1));
            }
        }
        return new CheckResult(kernel.name(), arguments.stream().map(Object::toString).toList(), launches,
                List.copyOf(findings.values()));
    }

    private Dim3 drawBlock(Random random) {
        int bound = kernel.maxThreads();
        return Dim3.of(bound < 1024 ? bound : new int[] {32, 64, 128, 256}[random.nextInt(4)]);
    }

    private Dim3 drawGrid(Random random, Map<String, Long> sizes, Dim3 b) {
        long elements = sizes.values().stream().reduce(1L, (x, y) -> x * y);
        long cover = (elements + b.count() - 1) / b.count();
        return Dim3.of((int) Math.clamp(random.nextBoolean() ? cover : 1 + random.nextInt(8), 1, 4096));
    }

    /** One launch, twice; null if all is well. */
    private CheckResult.Finding one(Random random, Map<String, Long> sizes, Dim3 g, Dim3 b, String launch) {
        try (GlobalMemory memory = new GlobalMemory()) {
            Emulator careful = new Emulator(memory, 1);
            careful.checkGlobalRaces(true);
            long state = random.nextLong();
            Object[] first = arguments(new Random(state), memory, sizes);
            careful.launch(kernel, g, b, dynamicShared, ParameterBlock.of(kernel, first));
            Object[] second = arguments(new Random(state), memory, sizes);
            new Emulator(memory, 2).launch(kernel, g, b, dynamicShared, ParameterBlock.of(kernel, second));
            for (int i = 0; i < first.length; i++) {
                if (arguments.get(i) instanceof Buffer && !same(memory, (Long) first[i], (Long) second[i])) {
                    return new CheckResult.Finding(null, "results differ in " + kernel.name()
                            + ": two runs of one launch leave different bytes in buffer " + i + ".", launch, 1);
                }
            }
            return null;
        } catch (KernelFault f) {
            return new CheckResult.Finding(f.kind(), f.getMessage(), launch, 1);
        }
    }

    private Object[] arguments(Random random, GlobalMemory memory, Map<String, Long> sizes) {
        Object[] values = new Object[arguments.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (arguments.get(i)) {
                case Whole w -> w.value().value(sizes);
                case Real r -> {
                    double x = r.low() + (r.high() - r.low()) * random.nextDouble();
                    yield kernel.parameters().get(i).bytes() == 8 ? (Object) x : (Object) (float) x;
                }
                case Buffer s -> {
                    long count = s.count().value(sizes);
                    long address = memory.malloc(count * s.element().bytes(), "parameter " + i);
                    if (s.fill() == Fill.RANDOM) {
                        memory.copyIn(address, Contents.random(random, s, count));
                    } else if (s.fill() == Fill.ZERO) {
                        memory.memset(address, (byte) 0, count * s.element().bytes());
                    }
                    yield address;
                }
            };
        }
        return values;
    }

    /** Compares two buffers where they were written. */
    private static boolean same(GlobalMemory memory, long a, long b) {
        return Arrays.equals(bytes(memory, a), bytes(memory, b));
    }

    private static byte[] bytes(GlobalMemory memory, long address) {
        var allocation = memory.find(address);
        byte[] all = new byte[Math.toIntExact(allocation.size())];
        if (allocation.isWritten(0, all.length)) {
            memory.copyOut(MemorySegment.ofArray(all), address);
            return all;
        }
        for (int i = 0; i < all.length; i++) {
            if (allocation.isWritten(i, 1)) {
                memory.copyOut(MemorySegment.ofArray(all).asSlice(i, 1), address + i);
            }
        }
        return all;
    }
}
