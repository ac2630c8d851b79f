package dev.fathom.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.errors.Hdf5Exception;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.hdf5.Hdf5Arrays;
import dev.fathom.nn.hdf5.Hdf5Element;
import dev.fathom.tests.golden.Golden;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rare HDF5 (test resource hdf5/odd.h5, by h5py): the right numbers or a sentence, never wrong numbers. */
class Hdf5OdditiesTest {
    private static final Hdf5Arrays ODD = Hdf5Arrays.open(path("odd.h5"));
    private static final float[] RAMP = ramp(40);

    private static Path path(String name) {
        try {
            return Path.of(Hdf5OdditiesTest.class.getResource("/hdf5/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static float[] ramp(int count) {
        float[] ramp = new float[count];
        IntStream.range(0, count).forEach(i -> ramp[i] = i);
        return ramp;
    }

    @AfterAll
    static void close() {
        ODD.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "fill7_all_chunks", "group/inner/deep", "compact", "bfloat16"})
    void readsARamp(String name) {
        assertArrayEquals(new int[] {5, 8}, ODD.shape(name));
        assertArrayEquals(RAMP, ODD.floats(name));
        assertArrayEquals(new float[] {18, 19, 20, 26, 27, 28}, ODD.floats(name, new int[] {2, 2}, new int[] {2, 3}));
    }

    @ParameterizedTest
    @CsvSource({
        "int_i1, I8, 127, -128", "int_u1, U8, 255, 0", "int_le_i2, I16, 32767, -32768", "int_be_i2, I16, 32767, -32768",
        "int_le_u2, U16, 65535, 0", "int_le_i4, I32, 2147483647, -2147483648", "int_be_u4, U32, 4294967295, 0",
        "int_le_i8, I64, 9223372036854775807, -9223372036854775808", "int_be_u8, U64, 18446744073709551615, 0"})
    void readsIntegersOfEverySize(String name, Hdf5Element.Kind kind, float most, float least) {
        assertEquals(kind, ODD.element(name).kind());
        assertArrayEquals(new float[] {0, 1, 100, most, least}, ODD.floats(name));
        byte[] little = ODD.littleEndian(name);
        assertEquals(100, little[2 * kind.bytes()], "the lowest byte comes first");
    }

    @Test
    void whatWasNeverWrittenIsZeroOnlyIfTheFileSaysSo() {
        assertArrayEquals(new float[40], ODD.floats("never_written"));
        assertArrayEquals(new float[40], ODD.floats("never_written_chunked"));
        assertArrayEquals(new float[3], ODD.floats("never_written", new int[] {1, 1}, new int[] {1, 3}));
        float[] expected = new float[40];
        System.arraycopy(RAMP, 0, expected, 0, 16);
        assertArrayEquals(expected, ODD.floats("fill0_missing_chunk"));
    }

    @Test
    void scalarsBooleansAndEmptyArrays() {
        assertArrayEquals(new float[] {2.5f}, ODD.floats("scalar"));
        assertArrayEquals(new byte[] {1, 0, 1}, ODD.bytes("flags"));
        assertArrayEquals(new float[0], ODD.floats("empty"));
        assertArrayEquals(new int[] {0, 3}, ODD.shape("empty"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            fill7_missing_chunk | lacks the chunk at [2, 0] and its fill value is 7.0
            never_written7      | never written and its fill value is 7.0
            mask                | has a chunk at [0, 0] without the filter deflate
            mask_shuffle        | has a chunk at [0, 0] without the filter shuffle
            scaleoffset         | A required filter is not available: name='scaleoffset'
            text                | holds elements of HDF5 type VariableLength
            compound            | holds elements of HDF5 type CompoundDataType
            complex             | holds elements of HDF5 type CompoundDataType
            soft                | has no data set 'soft'
            outside             | has no data set 'outside'
            """)
    void refuses(String name, String reason) {
        var e = assertThrows(Hdf5Exception.class, () -> ODD.floats(name));
        assertTrue(e.getMessage().contains("odd.h5") && e.getMessage().contains(reason), e.getMessage());
        var box = assertThrows(Hdf5Exception.class, () -> ODD.floats(name, new int[] {0, 0}, new int[] {1, 1}));
        assertTrue(box.getMessage().contains("odd.h5"), box.getMessage());
    }

    @Test
    void aCycleOfGroupsIsWalkedOnce() {
        assertEquals(1, ODD.names().stream().filter(n -> n.endsWith("deep")).count());
    }

    @Test
    void attributesThatAreOneStringOrNumberAreText() {
        assertEquals(Map.of("words", "métrique", "bytes", "fixed", "number", "20", "real", "2.5"), ODD.attributes());
    }

    /** hdf5/fletcher.h5 has nothing but the Fletcher sum to tell that a byte is another one. */
    @Test
    void everyAlteredByteOfAChunkFailsItsChecksum(@TempDir Path folder) throws IOException {
        byte[] sound = Files.readAllBytes(path("fletcher.h5"));
        Path copy = folder.resolve("altered.h5");
        try (var file = Hdf5Arrays.open(path("fletcher.h5"))) {
            assertEquals(139, file.floats("floats")[39]);
            assertArrayEquals(new byte[] {(byte) 201, (byte) 202, (byte) 203, (byte) 204, (byte) 205, (byte) 206,
                    (byte) 207},
                    file.bytes("odd_bytes"));
        }
        for (String name : new String[] {"floats", "odd_bytes"}) {
            byte[] first = name.equals("floats") ? new byte[] {0, 0, (byte) 0xc8, 0x42}
                    : new byte[] {(byte) 201, (byte) 202};
            int start = find(sound, first);
            int length = name.equals("floats") ? 160 : 7;
            for (int i = 0; i < length + 4; i++) {
                byte[] altered = sound.clone();
                altered[start + i] ^= (byte) (1 << i % 8);
                Files.write(copy, altered);
                try (var file = Hdf5Arrays.open(copy)) {
                    var e = assertThrows(Hdf5Exception.class, () -> file.littleEndian(name), "byte " + i);
                    assertTrue(e.getMessage().contains("Fletcher checksum"), e.getMessage());
                }
            }
        }
    }

    private static int find(byte[] bytes, byte[] wanted) {
        for (int i = 0;; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
    }

    @Test
    void virtualStorageIsRefused() {
        try (var file = Hdf5Arrays.open(path("virtual.h5"))) {
            var e = assertThrows(Hdf5Exception.class, file::names);
            assertTrue(e.getMessage().contains("Virtual storage is not supported"), e.getMessage());
        }
    }

    /** As weights, the golden's chunked, compressed and big-endian arrays are decoded, its contiguous ones mapped. */
    @Test
    void anyNumericFileOpensAsWeights() {
        var golden = new Golden("h_h5");
        for (String name : new String[] {"small_big_endian_f32.h5", "small_shuffle_fletcher.h5",
                "small_userblock512.h5"}) {
            try (var file = CheckpointFile.open(golden.path(name)); var arrays = Hdf5Arrays.open(golden.path(name))) {
                assertEquals(DType.F32, file.tensors().get("depth").dtype());
                assertArrayEquals(arrays.floats("depth"), file.tensors().get("depth").toFloats());
                assertEquals(name.contains("userblock"), file.tensors().get("depth").data().isMapped());
            }
        }
        var e = assertThrows(CheckpointException.class, () -> CheckpointFile.open(path("odd.h5")));
        assertTrue(e.getMessage().contains("odd.h5, data set '"), e.getMessage());
        assertFalse(e.getMessage().contains("\n"));
    }
}
