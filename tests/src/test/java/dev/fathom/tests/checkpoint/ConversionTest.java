package dev.fathom.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointFormat;
import dev.fathom.nn.checkpoint.CheckpointInfo;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.nn.checkpoint.Conversion;
import dev.fathom.tests.golden.Golden;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From format to format: equal to the bit where the dtype stays, PyTorch's bits where it does not. */
class ConversionTest {
    private static final Golden GOLDEN = new Golden("g_ckpt");

    @TempDir
    Path folder;

    private static Map<String, String> fingerprint(Path path) {
        var all = new LinkedHashMap<String, String>();
        try (var file = CheckpointFile.open(path)) {
            file.stateDict().forEach((name, t) -> all.put(name,
                    t.dtype() + "" + t.shape() + Sha256.of(t.data().toArray(ValueLayout.JAVA_BYTE))));
        }
        return all;
    }

    /**
     * .pth to safetensors to HDF5 to safetensors: the last equals the first, and so do the two safetensors, byte by
     * byte.
     */
    @ParameterizedTest
    @ValueSource(strings = {"tiny_zip.pth", "tiny_legacy.pth", "tiny_half.pth", "tiny_bf16.pth", "types_zip.pth",
            "views_legacy.pth",
        "trainer_latest.pth"})
    void keepsEveryBit(String name) throws IOException {
        Path first = folder.resolve("a.safetensors");
        Path second = folder.resolve("b.h5");
        Path third = folder.resolve("c.safetensors");
        Conversion.convert(GOLDEN.path(name), first, Optional.empty());
        Conversion.convert(first, second, Optional.empty());
        Conversion.convert(second, third, Optional.empty());
        var expected = fingerprint(GOLDEN.path(name));
        assertEquals(List.copyOf(expected.entrySet()), List.copyOf(fingerprint(first).entrySet()));
        assertEquals(List.copyOf(expected.entrySet()), List.copyOf(fingerprint(second).entrySet()));
        assertEquals(List.copyOf(expected.entrySet()), List.copyOf(fingerprint(third).entrySet()));
        assertEquals(CheckpointInfo.of(first).metadata(), CheckpointInfo.of(third).metadata());
    }

    /** The goldens hold the same weights in float32, and as PyTorch rounded them. */
    @ParameterizedTest
    @CsvSource({"F16, tiny_half.pth, safetensors", "BF16, tiny_bf16.pth, safetensors", "F16, tiny_half.pth, h5",
            "BF16, tiny_bf16.pth, h5"})
    void roundsAsPyTorchDoes(DType dtype, String rounded, String format) {
        Path out = folder.resolve("out." + format);
        var result = Conversion.convert(GOLDEN.path("tiny_zip.pth"), out, Optional.of(dtype));
        assertEquals(127, result.converted());
        assertEquals(fingerprint(GOLDEN.path(rounded)), fingerprint(out));
        Path back = folder.resolve("back.safetensors");
        Conversion.convert(out, back, Optional.of(DType.F32));
        assertNotEquals(fingerprint(GOLDEN.path("tiny_zip.pth")), fingerprint(back));
        Conversion.convert(back, out, Optional.of(dtype));
        assertEquals(fingerprint(GOLDEN.path(rounded)), fingerprint(out), "widening is exact");
    }

    /** golden a_misc/casts: every special value, through the bulk casts. */
    @Test
    void castsBulksToPyTorchsBits() {
        var casts = new Golden("a_misc/casts");
        float[] x = casts.npy("x.npy").floats();
        // Repeated, so that the count is no multiple of the block in which casts work.
        int repeats = 9;
        ByteBuffer bytes = ByteBuffer.allocate(repeats * x.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < repeats; i++) {
            for (float v : x) {
                bytes.putFloat(v);
            }
        }
        var f32 = CheckpointTensor.of("x", DType.F32, Shape.of(repeats * x.length),
                MemorySegment.ofArray(bytes.array()));
        for (var target : Map.of(DType.F16, "f16", DType.BF16, "bf16").entrySet()) {
            short[] bits = casts.npy(target.getValue() + "_bits.npy").shorts();
            float[] back = casts.npy(target.getValue() + "_back.npy").floats();
            for (CheckpointTensor narrow : List.of(f32.as(target.getKey()), f32.as(DType.F64).as(target.getKey()))) {
                short[] found = narrow.data().toArray(ValueLayout.JAVA_SHORT);
                float[] wide = narrow.toFloats();
                float[] wider = narrow.as(DType.F64).as(DType.F32).toFloats();
                for (int i = 0; i < found.length; i++) {
                    int k = i % x.length;
                    if (!Float.isNaN(x[k])) {
                        assertEquals(bits[k], found[i], target.getKey() + " of " + x[k]);
                        assertEquals(back[k], wide[i]);
                    }
                    assertEquals(wide[i], wider[i]);
                }
            }
        }
    }

    /**
     * A tie of the narrow format, moved by less than float32 can show: going through float32 would round it to even.
     */
    @Test
    void doublesAreRoundedOnce() {
        double[] values = {1 + Math.scalb(1.0, -11) + Math.scalb(1.0, -40), 1 + Math.scalb(1.0, -8)
                + Math.scalb(1.0, -40)};
        var f64 = CheckpointTensor.of("x", DType.F64, Shape.of(2), MemorySegment.ofBuffer(
                ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putDouble(values[0]).putDouble(values[1])
                .flip()));
        assertEquals((short) 0x3c01, f64.as(DType.F16).data().get(ValueLayout.JAVA_SHORT, 0));
        assertEquals((short) 0x3f81, f64.as(DType.BF16).data().get(ValueLayout.JAVA_SHORT, 2));
    }

    @Test
    void onlyFloatsAreConverted() {
        Path out = folder.resolve("types.safetensors");
        var result = Conversion.convert(GOLDEN.path("types_zip.pth"), out, Optional.of(DType.F32));
        assertEquals(4, result.converted() + 1, "float64, float16, bfloat16; float32 stays");
        try (var file = CheckpointFile.open(out)) {
            assertEquals(DType.F32, file.tensors().get("f64").dtype());
            assertEquals(DType.I64, file.tensors().get("i64").dtype());
            assertEquals(DType.BOOL, file.tensors().get("b").dtype());
            assertArrayEquals(new float[] {1.5f, -2.25f, Float.POSITIVE_INFINITY},
                    file.tensors().get("f64").toFloats());
        }
        assertThrows(CheckpointException.class,
                () -> Conversion.convert(GOLDEN.path("tiny_zip.pth"), folder.resolve("x.h5"), Optional.of(DType.I32)));
    }

    @Test
    void sayWhatWasLeftOutAndWhatCannotBeWritten() {
        var result = Conversion.convert(GOLDEN.path("trainer_latest.pth"), folder.resolve("t.h5"), Optional.empty());
        assertEquals(127, result.tensors());
        assertEquals(493 - 127, result.leftOut());
        try (var file = CheckpointFile.open(folder.resolve("t.h5"))) {
            assertEquals(CheckpointFormat.HDF5, file.format());
            assertEquals("3", file.metadata().get("epoch"));
        }
        var e = assertThrows(CheckpointException.class,
                () -> Conversion.convert(GOLDEN.path("tiny_zip.pth"), folder.resolve("out.bin"), Optional.empty()));
        assertTrue(e.getMessage().contains("out.bin names no format that can be written"), e.getMessage());
    }

    /** The mapped input may be the output: the old bytes live until the file is closed. */
    @Test
    void aFileCanBeConvertedOntoItself() {
        Path path = folder.resolve("w.safetensors");
        Conversion.convert(GOLDEN.path("tiny_zip.pth"), path, Optional.empty());
        Conversion.convert(path, path, Optional.of(DType.F16));
        assertEquals(fingerprint(GOLDEN.path("tiny_half.pth")), fingerprint(path));
    }

    @Test
    void infoCountsAndHashes() throws IOException {
        var info = CheckpointInfo.of(GOLDEN.path("trainer_latest.pth"));
        assertEquals(CheckpointFormat.TORCH_ZIP, info.format());
        assertEquals(127, info.tensors());
        assertEquals(366, info.leftOut());
        assertEquals(Map.of(DType.F32, 127), info.dtypes());
        assertEquals(61185, info.parameters());
        assertEquals(872240, info.fileBytes());
        assertEquals(Sha256.of(GOLDEN.bytes("trainer_latest.pth")), info.hash().hex());
        Path empty = Files.createFile(folder.resolve("empty"));
        assertEquals("e3b0c44298fc", ContentHash.of(empty).shortForm());
    }
}
