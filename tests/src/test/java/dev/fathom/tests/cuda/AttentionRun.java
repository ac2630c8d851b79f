package dev.fathom.tests.cuda;

import dev.fathom.engine.DType;
import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import dev.fathom.engine.cuda.emulated.ptx.Emulator;
import dev.fathom.engine.cuda.emulated.ptx.ParameterBlock;
import dev.fathom.engine.cuda.emulated.ptx.PtxKernel;
import dev.fathom.engine.cuda.emulated.ptx.PtxModule;
import dev.fathom.engine.cuda.emulated.ptx.run.Dim3;
import dev.fathom.engine.numeric.HalfFloats;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Attention's kernels, launched by name on an emulated GPU of their own: also those that a launcher would take only for
 * large inputs.
 */
final class AttentionRun {
    /** Rows that a block of a kernel has, and its threads. */
    private record Tile(int rows, int threads) {
    }

    private static final GlobalMemory MEMORY = new GlobalMemory();
    private static final Emulator GPU = new Emulator(MEMORY);
    private static final Map<String, PtxModule> MODULES = new HashMap<>();

    private final AttentionCase of;
    private final int shift;

    /** @param shift by how many elements every tensor is moved away from a good address */
    AttentionRun(AttentionCase of, int shift) {
        this.of = of;
        this.shift = shift;
    }

    /** Runs forward; y and lse. */
    double[][] forward(boolean tensorCores, String variant) {
        int padded = of.size() <= 64 ? 64 : 128;
        Tile tile = !tensorCores ? padded == 64 ? new Tile(64, 128) : new Tile(32, 64)
                : variant.isEmpty() ? new Tile(128, 128) : new Tile(64, 256);
        long qkv = upload("qkv", of.qkv(), of.dtype());
        long y = allocate("y", of.elements(), of.dtype());
        long lse = allocate("lse", of.rows(), DType.F32);
        launch(tensorCores ? "attention_sm80" : "attention", "attention" + padded + variant, tile, qkv, y, lse, of.tokens(),
                of.heads(), of.size(), of.scale());
        double[][] results = {download(y, of.elements(), of.dtype()), download(lse, of.rows(), DType.F32)};
        free(of.dtype(), qkv, y);
        free(DType.F32, lse);
        return results;
    }

    /** Runs both kernels of the gradient; dqkv. */
    double[] backward(boolean tensorCores, double[] y, double[] lse) {
        int padded = of.size() <= 64 ? 64 : 128;
        int rows = padded == 64 ? 32 : 16;
        String module = tensorCores ? "attention_backward_sm80" : "attention_backward";
        long qkv = upload("qkv", of.qkv(), of.dtype());
        long yThere = upload("y", y, of.dtype());
        long lseThere = upload("lse", lse, DType.F32);
        long dy = upload("dy", of.dy(), of.dtype());
        long dqkv = allocate("dqkv", 3 * of.elements(), of.dtype());
        long terms = MEMORY.malloc(8L * of.pairs() * ((of.tokens() + 63) / 64 * 64), "terms");
        launch(module, "attention_dq" + padded, tensorCores ? new Tile(128, 128) : new Tile(rows, 2 * rows), qkv, yThere,
                lseThere, dy, dqkv, terms, of.tokens(), of.heads(), of.size(), of.scale());
        launch(module, "attention_dkv" + padded, tensorCores ? new Tile(64, 128) : new Tile(rows, 2 * rows), qkv, dy,
                terms, dqkv, of.tokens(), of.heads(), of.size(), of.scale());
        double[] result = download(dqkv, 3 * of.elements(), of.dtype());
        free(of.dtype(), qkv, yThere, dy, dqkv);
        free(DType.F32, lseThere);
        MEMORY.free(terms);
        return result;
    }

    private void launch(String module, String kernel, Tile tile, Object... arguments) {
        PtxModule ptx = MODULES.computeIfAbsent(module, AttentionRun::load);
        PtxKernel k = ptx.kernel(kernel + "_" + switch (of.dtype()) {
            case F16 -> "f16";
            case BF16 -> "bf16";
            default -> "f32";
        });
        int blocks = of.pairs() * ((of.tokens() + tile.rows - 1) / tile.rows);
        GPU.launch(k, new Dim3(blocks, 1, 1), new Dim3(tile.threads, 1, 1), 0, ParameterBlock.of(k, arguments));
    }

    private static PtxModule load(String name) {
        try (InputStream in = PtxModule.class.getResourceAsStream("/cuda/ptx/" + name + ".ptx")) {
            return PtxModule.parse(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }

    private long allocate(String name, int elements, DType dtype) {
        return MEMORY.malloc((long) (elements + shift) * dtype.bytes(), name) + (long) shift * dtype.bytes();
    }

    private void free(DType dtype, long... addresses) {
        for (long address : addresses) {
            MEMORY.free(address - (long) shift * dtype.bytes());
        }
    }

    private long upload(String name, double[] values, DType dtype) {
        long address = allocate(name, values.length, dtype);
        if (dtype == DType.F32) {
            float[] floats = new float[values.length];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = (float) values[i];
            }
            MEMORY.copyIn(address, MemorySegment.ofArray(floats));
        } else {
            short[] bits = new short[values.length];
            for (int i = 0; i < bits.length; i++) {
                bits[i] = dtype == DType.F16 ? HalfFloats.toFloat16(values[i]) : HalfFloats.toBfloat16(values[i]);
            }
            MEMORY.copyIn(address, MemorySegment.ofArray(bits));
        }
        return address;
    }

    private static double[] download(long address, int elements, DType dtype) {
        double[] values = new double[elements];
        if (dtype == DType.F32) {
            float[] floats = new float[elements];
            MEMORY.copyOut(MemorySegment.ofArray(floats), address);
            for (int i = 0; i < elements; i++) {
                values[i] = floats[i];
            }
        } else {
            short[] bits = new short[elements];
            MEMORY.copyOut(MemorySegment.ofArray(bits), address);
            for (int i = 0; i < elements; i++) {
                values[i] = dtype == DType.F16 ? HalfFloats.fromFloat16(bits[i]) : HalfFloats.fromBfloat16(bits[i]);
            }
        }
        return values;
    }
}
