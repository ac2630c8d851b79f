package dev.fathom.engine.cuda.emulated.ptx;

import dev.fathom.engine.cuda.emulated.memory.Allocation;
import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import dev.fathom.engine.cuda.emulated.ptx.run.Dim3;
import dev.fathom.engine.cuda.emulated.ptx.run.GlobalRaces;
import dev.fathom.engine.cuda.emulated.ptx.run.GridRun;
import dev.fathom.engine.cuda.emulated.ptx.run.Launch;
import dev.fathom.engine.cuda.emulated.ptx.run.Program;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Variable;
import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.report.KernelFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * A GPU made of Java: runs kernels on a {@link GlobalMemory} and throws a {@link KernelFault} for what they do wrong.
 *
 * <p>A launch returns when the kernel is done. Blocks run on several threads of the host; results do not depend on how
 * many. If several blocks have a fault, the one with the lowest number is reported. Thread-safe: launches of several
 * threads run one after the other.
 */
public final class Emulator {
    /** The most shared memory of a block: what an H200 has, in bytes. */
    public static final int MAX_SHARED = 227 * 1024;
    /** The most threads of a block. */
    public static final int MAX_THREADS = 1024;

    private final GlobalMemory memory;
    private final int threads;
    private long budget = 500_000_000L;
    private boolean globalRaces;
    /** The addresses of each module's variables, once it was launched from. */
    private final Map<PtxModule, Map<String, Long>> symbols = new WeakHashMap<>();

    /** An emulator that uses all processors. */
    public Emulator(GlobalMemory memory) {
        this(memory, Runtime.getRuntime().availableProcessors());
    }

    /** @param threads how many blocks run at once, at least 1 */
    public Emulator(GlobalMemory memory, int threads) {
        this.memory = memory;
        this.threads = threads;
    }

    public GlobalMemory memory() {
        return memory;
    }

    /**
     * Sets after how many instructions (of warps) a block counts as runaway.
     *
     * @param instructions 500 million at first
     */
    public void budget(long instructions) {
        this.budget = instructions;
    }

    /**
     * Whether launches also look for races between blocks in global memory: two blocks, one place, one of them writes.
     * Off at first, because it costs time and memory.
     */
    public void checkGlobalRaces(boolean check) {
        this.globalRaces = check;
    }

    /**
     * Runs a kernel.
     *
     * @param grid          blocks
     * @param block         threads of a block
     * @param dynamicShared bytes of dynamic shared memory
     * @param parameters    the packed parameter block: each parameter at its offset, little-endian
     * @throws KernelFault if the launch or the kernel is wrong
     */
    public synchronized void launch(PtxKernel kernel, Dim3 grid, Dim3 block, int dynamicShared, MemorySegment parameters) {
        check(kernel, grid, block, dynamicShared, parameters);
        Program program = kernel.program();
        MemorySegment packed = Arena.ofAuto().allocate(Math.max(parameters.byteSize(), 1), 16)
                .asSlice(0, parameters.byteSize()).copyFrom(parameters);
        Launch launch = new Launch(program, memory, grid, block, dynamicShared, packed, symbols(kernel.module()), budget,
                globalRaces ? new GlobalRaces(program) : null);
        kernel.executed(GridRun.run(launch, globalRaces ? 1 : threads));
        settle(kernel, parameters);
    }

    private static KernelFault wrong(PtxKernel kernel, FaultKind kind, String what) {
        return new KernelFault(kind, kernel.name(), "", what);
    }

    private static void check(PtxKernel kernel, Dim3 grid, Dim3 block, int dynamicShared, MemorySegment parameters) {
        if (parameters.byteSize() != kernel.parameterBytes()) {
            throw wrong(kernel, FaultKind.WRONG_PARAMETERS, "the launch passes " + parameters.byteSize() + " bytes, the "
                    + "kernel takes " + kernel.parameterBytes() + ": " + kernel.parameters().stream()
                    .map(p -> p.type().text() + (p.bytes() > p.type().bytes() ? "[" + p.bytes() / p.type().bytes() + "]" : "")
                    + " at " + p.offset()).toList() + ".");
        }
        if (Math.min(block.x(), Math.min(block.y(), block.z())) < 1 || block.count() > kernel.maxThreads()
                || block.count() > MAX_THREADS) {
            throw wrong(kernel, FaultKind.WRONG_LAUNCH, "a block of " + block + " has " + block.count()
                    + " threads; the kernel was compiled for at most " + Math.min(MAX_THREADS, kernel.maxThreads()) + ".");
        }
        if (Math.min(grid.x(), Math.min(grid.y(), grid.z())) < 1 || grid.y() > 65535 || grid.z() > 65535) {
            throw wrong(kernel, FaultKind.WRONG_LAUNCH, "a grid of " + grid + " is not possible: x is 1 to 2147483647, y and z "
                    + "are 1 to 65535.");
        }
        if (dynamicShared < 0 || kernel.sharedBytes() + (long) dynamicShared > MAX_SHARED) {
            throw wrong(kernel, FaultKind.WRONG_LAUNCH, kernel.sharedBytes() + " bytes of shared memory and " + dynamicShared
                    + " of dynamic shared memory are more than the " + MAX_SHARED + " that a block may have.");
        }
    }

    private Map<String, Long> symbols(PtxModule module) {
        return symbols.computeIfAbsent(module, m -> {
            Map<String, Long> addresses = new HashMap<>();
            for (Variable v : m.file().variables().values()) {
                byte[] bytes = new byte[Math.toIntExact(v.bytes())];
                if (v.initial() != null) {
                    System.arraycopy(v.initial(), 0, bytes, 0, v.initial().length);
                }
                if (v.space().equals("const")) {
                    addresses.put(v.name(), memory.constant(bytes, v.name()));
                } else if (v.space().equals("global")) {
                    long address = memory.malloc(bytes.length, v.name());
                    memory.copyIn(address, MemorySegment.ofArray(bytes)); // without an initial value it is zero
                    addresses.put(v.name(), address);
                }
            }
            return addresses;
        });
    }

    /** What a kernel has filled is checked faster by the next one. */
    private void settle(PtxKernel kernel, MemorySegment parameters) {
        for (PtxKernel.Parameter p : kernel.parameters()) {
            for (int at = 0; at + 8 <= p.bytes() && p.type().bytes() == 8; at += 8) {
                Allocation a = memory.find(parameters.get(ValueLayout.JAVA_LONG_UNALIGNED, p.offset() + at));
                if (a != null) {
                    a.settle();
                }
            }
        }
    }
}
