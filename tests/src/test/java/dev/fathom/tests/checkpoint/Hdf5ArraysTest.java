package dev.fathom.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.errors.Hdf5Exception;
import dev.fathom.nn.hdf5.Hdf5Arrays;
import dev.fathom.tests.golden.Golden;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every flavour of HDF5 in golden/h_h5, written by h5py, reads equal; torn and altered files are refused. */
class Hdf5ArraysTest {
    private static final Golden GOLDEN = new Golden("h_h5");

    @TempDir
    Path folder;

    /** Left out: nyu_contiguous.h5, 2 MB of the flavour that small_f64.h5's rgb already has. */
    static Stream<JsonNode> files() {
        return StreamSupport.stream(GOLDEN.json().get("files").spliterator(), false)
                .filter(f -> !f.get("file").asText().equals("nyu_contiguous.h5"));
    }

    @ParameterizedTest
    @MethodSource("files")
    void readsEqual(JsonNode file) throws Exception {
        try (var h5 = Hdf5Arrays.open(GOLDEN.path(file.get("file").asText()))) {
            assertEquals(List.of("depth", "rgb"), h5.names().stream().sorted().toList());
            assertArrayEquals(shape(file, "rgb"), h5.shape("rgb"));
            assertArrayEquals(shape(file, "depth"), h5.shape("depth"));
            byte[] rgb = h5.bytes("rgb");
            assertEquals(file.get("rgb_sha256").asText(), Sha256.of(rgb));
            float[] depth = h5.floats("depth");
            assertEquals(file.get("depth_float32_sha256").asText(), Sha256.of(littleEndian(depth)));
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void boxesAreCutFromTheWhole(JsonNode file) {
        try (var h5 = Hdf5Arrays.open(GOLDEN.path(file.get("file").asText()))) {
            int[] shape = h5.shape("rgb");
            int height = shape[1];
            int width = shape[2];
            byte[] whole = h5.bytes("rgb");
            byte[] box = h5.bytes("rgb", new int[] {1, 7, 9}, new int[] {2, 30, 41});
            for (int c = 0; c < 2; c++) {
                for (int y = 0; y < 30; y++) {
                    for (int x = 0; x < 41; x++) {
                        assertEquals(whole[((1 + c) * height + 7 + y) * width + 9 + x], box[(c * 30 + y) * 41 + x]);
                    }
                }
            }
            float[] depth = h5.floats("depth");
            float[] row = h5.floats("depth", new int[] {height - 1, 0}, new int[] {1, width});
            for (int x = 0; x < width; x++) {
                assertEquals(depth[(height - 1) * width + x], row[x]);
            }
        }
    }

    private static int[] shape(JsonNode file, String name) {
        for (JsonNode dataset : file.get("datasets")) {
            if (dataset.get("name").asText().equals(name)) {
                return StreamSupport.stream(dataset.get("shape").spliterator(), false).mapToInt(JsonNode::asInt)
                        .toArray();
            }
        }
        throw new AssertionError(name);
    }

    @Test
    void anAbsentArrayIsNamedWithWhatIsThere() {
        try (var h5 = Hdf5Arrays.open(GOLDEN.path("small_f64.h5"))) {
            assertTrue(h5.has("rgb"));
            var e = assertThrows(Hdf5Exception.class, () -> h5.floats("dept"));
            assertTrue(e.getMessage().contains("no data set 'dept'") && e.getMessage().contains("depth, rgb"),
                    e.getMessage());
            var bytes = assertThrows(Hdf5Exception.class, () -> h5.bytes("depth"));
            assertTrue(bytes.getMessage().contains("holds F64"), bytes.getMessage());
            assertThrows(Hdf5Exception.class, () -> h5.floats("depth", new int[] {40, 0}, new int[] {9, 64}));
        }
    }

    /** A file cut at any byte is refused with a sentence that names it: no other exception, no endless loop. */
    @ParameterizedTest
    @MethodSource("files")
    void truncationIsRefused(JsonNode file) throws Exception {
        byte[] bytes = GOLDEN.bytes(file.get("file").asText());
        for (int cut : new int[] {0, 1, 7, 60, 100, 600, bytes.length / 3, bytes.length / 2}) {
            Path path = Files.write(folder.resolve("cut.h5"), Arrays.copyOf(bytes, cut));
            var e = assertThrows(Hdf5Exception.class, () -> {
                try (var h5 = Hdf5Arrays.open(path)) {
                    h5.bytes("rgb");
                    h5.floats("depth");
                }
            }, "cut at " + cut);
            assertTrue(e.getMessage().contains("cut.h5"), e.getMessage());
        }
    }

    @Test
    void scatteredDamageNeverEscapesAsAnotherException() throws Exception {
        var random = new Random(11);
        for (String name : List.of("small_latest_resizable.h5", "small_chunked_plain.h5", "small_latest_gzip.h5",
                "small_userblock512.h5")) {
            byte[] bytes = GOLDEN.bytes(name);
            for (int i = 0; i < 100; i++) {
                byte[] damaged = bytes.clone();
                for (int k = 0; k < 8; k++) {
                    damaged[random.nextInt(Math.min(bytes.length, 6000))] = (byte) random.nextInt();
                }
                Path path = Files.write(folder.resolve("damaged.h5"), damaged);
                try (var h5 = Hdf5Arrays.open(path)) {
                    for (String array : h5.names()) {
                        h5.littleEndian(array);
                    }
                } catch (Hdf5Exception e) {
                    assertTrue(e.getMessage().contains("damaged.h5"), e.getMessage());
                }
            }
        }
    }

    private static byte[] littleEndian(float[] values) {
        ByteBuffer out = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        out.asFloatBuffer().put(values);
        return out.array();
    }
}
