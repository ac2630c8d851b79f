package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.tools.output.NpyFile;
import dev.fathom.tools.output.PfmFile;
import dev.fathom.tools.output.Provenance;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.FrameException.Fault;
import dev.fathom.training.data.maps.MapFile;
import dev.fathom.training.data.maps.RawMap;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Maps of every format, as other tools write them: NumPy's own files, Java's encoders, jhdf; torn ones of each. */
class MapFileTest {
    private static final float[] EXPECTED = {0, 1.5f, 2, 3, 100, 7};

    @TempDir
    Path folder;
    private Path npz;

    @BeforeEach
    void unpack() throws IOException {
        npz = resource("numpy.npz");
    }

    private Path resource(String name) throws IOException {
        try (InputStream in = MapFileTest.class.getResourceAsStream("/maps/" + name)) {
            return Layouts.write(folder.resolve(name), in.readAllBytes());
        }
    }

    private static void assertMap(float[] expected, RawMap map) {
        assertEquals(3, map.width());
        assertEquals(2, map.height());
        assertArrayEquals(expected, map.values());
    }

    private static String fault(Fault fault, Path file, String array) {
        FrameException e = assertThrows(FrameException.class, () -> MapFile.read(file, array));
        assertEquals(fault, e.fault(), e.getMessage());
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        return e.getMessage();
    }

    @ParameterizedTest
    @ValueSource(strings = {"f2", "f4", "f4_fortran", "f8_big", "f4_leading", "f4_trailing", "f4_both"})
    void numpyFloatsOfEveryOrderAndShape(String array) {
        assertMap(EXPECTED, MapFile.read(npz, array));
    }

    @ParameterizedTest
    @CsvSource({"u1,255", "i1,-2", "u2,65535", "i2,-2", "u4,4294967295", "i4,-2", "u8,1.8446744e19", "i8,-2",
        "b1,0", "i2_big_fortran,0"})
    void numpyIntegers(String array, float first) {
        float[] expected = array.equals("b1") ? new float[] {0, 1, 1, 1, 1, 1} : new float[] {first, 1, 2, 3, 100, 7};
        assertMap(expected, MapFile.read(npz, array));
    }

    @Test
    void numpyKeepsWhatIsNoNumber() throws IOException {
        assertArrayEquals(new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -1},
                MapFile.read(npz, "f4_special.npy").values());
        assertMap(EXPECTED, MapFile.read(resource("version2.npy")));
    }

    @Test
    void numpyArraysThatAreNoMap() {
        assertTrue(fault(Fault.LAYOUT, npz, null).contains("holds the arrays f2, f4,"));
        assertTrue(fault(Fault.LAYOUT, npz, "depth").endsWith("expected one named 'depth'."));
        assertTrue(fault(Fault.LAYOUT, npz, "complex").contains("type '<c8'"));
        assertTrue(fault(Fault.LAYOUT, npz, "texts").contains("type '<U1'"));
        assertTrue(fault(Fault.LAYOUT, npz, "fields").contains("records of several fields"));
        assertTrue(fault(Fault.LAYOUT, npz, "three").contains("[2, 3, 3]"));
        assertTrue(fault(Fault.LAYOUT, npz, "one").contains("[5]"));
    }

    @Test
    void whatThisProgramWritesItself() {
        DepthMap map = new DepthMap(3, 2, EXPECTED, new DepthHead.Metric(10));
        Provenance from = new Provenance("tiny", "ab".repeat(32), "official, 42x42", "a.jpg");
        NpyFile.write(folder.resolve("a.npy"), map, from);
        PfmFile.write(folder.resolve("a.PFM"), map, from);
        assertMap(EXPECTED, MapFile.read(folder.resolve("a.npy")));
        assertMap(EXPECTED, MapFile.read(folder.resolve("a.PFM")));
        assertTrue(fault(Fault.LAYOUT, folder.resolve("a.npy"), "depth").contains("leave the array's name out"));
    }

    /** Big-endian, with a carriage return in each line: the lower row stands first. */
    @Test
    void pfmOfOtherTools() {
        byte[] head = "Pf\r\n2 2\r\n1.0\r\n".getBytes(StandardCharsets.US_ASCII);
        byte[] file = Arrays.copyOf(head, head.length + 16);
        file[head.length] = 0x40;                                   // 2.0 is 40 00 00 00
        Path path = Layouts.write(folder.resolve("big.pfm"), file);
        assertArrayEquals(new float[] {0, 0, 2, 0}, MapFile.read(path).values());
        Layouts.write(path, new String(head, StandardCharsets.US_ASCII).replace("Pf", "PF").getBytes(
                StandardCharsets.US_ASCII));
        assertTrue(fault(Fault.LAYOUT, path, null).contains("three channels"));
        Layouts.write(path, "Pf\n2 2\n0\n".getBytes(StandardCharsets.US_ASCII));
        fault(Fault.DAMAGED, path, null);
    }

    @Test
    void grayPngOfSixteenAndEightBits() {
        assertMap(new float[] {0, 1, 256, 65535, 32768, 7},
                MapFile.read(Layouts.gray16(folder.resolve("a.png"), 3, 0, 1, 256, 65535, 32768, 7)));
        assertMap(new float[] {0, 1, 128, 255, 100, 7},
                MapFile.read(Layouts.gray8(folder.resolve("b.png"), 3, 0, 1, 128, 255, 100, 7)));
        assertMap(new float[] {0, 1, 1, 0, 1, 0},
                MapFile.read(Layouts.gray1(folder.resolve("c.png"), 3, 0, 1, 1, 0, 1, 0)));
        Path colours = Layouts.picture(folder.resolve("d.png"), 3, 2, 5);
        assertTrue(fault(Fault.DAMAGED, colours, null).contains("has 3 channels"));
        Path palette = Layouts.palette(folder.resolve("e.png"), 3, 0, 1, 2, 1, 0, 2);
        assertTrue(fault(Fault.DAMAGED, palette, null).contains("has a palette"));
    }

    /** Read as a picture, floats would be cut to 0..1. Numbers are often stored as differences, too. */
    @Test
    void tiffOfFloatsAndIntegers() throws IOException {
        float[] values = {-3, 0, 1.5f, 37.25f, Float.NaN, Float.POSITIVE_INFINITY};
        for (String compression : new String[] {null, "LZW", "Deflate"}) {
            assertMap(values, MapFile.read(Layouts.tiff(folder.resolve("a.tif"), 3, compression, values)));
        }
        assertMap(values, MapFile.read(resource("float-predictor.tif")));
        assertMap(values, MapFile.read(resource("float-differences.tif")));
        float[] integers = {0, 1, 256, 65535, 32768, 7};
        assertMap(integers, MapFile.read(Layouts.gray16(folder.resolve("b.tiff"), 3, 0, 1, 256, 65535, 32768, 7)));
        assertMap(integers, MapFile.read(resource("differences.tif")));
    }

    @Test
    void hdf5AndMatlab() {
        Path file = folder.resolve("a.h5");
        try (WritableHdfFile hdf = HdfFile.write(file)) {
            hdf.putDataset("depth", new float[][] {{0, 1.5f, 2}, {3, 100, 7}});
        }
        assertMap(EXPECTED, MapFile.read(file));
        Path several = folder.resolve("b.hdf5");
        try (WritableHdfFile hdf = HdfFile.write(several)) {
            hdf.putDataset("other", new int[] {1});
            hdf.putGroup("left").putDataset("depth", new float[][][] {{{0, 1.5f, 2}, {3, 100, 7}}});
        }
        assertMap(EXPECTED, MapFile.read(several, "left/depth"));
        assertTrue(fault(Fault.LAYOUT, several, null).contains("to be told which one"));
        assertTrue(fault(Fault.LAYOUT, several, "depth").contains("other"));
        Path matlab = folder.resolve("c.mat");
        try (WritableHdfFile hdf = HdfFile.write(matlab)) {
            hdf.putDataset("depth", new float[][] {{0, 3}, {1.5f, 100}, {2, 7}});
        }
        assertMap(EXPECTED, MapFile.read(matlab));
        Path old = Layouts.write(folder.resolve("d.mat"), "MATLAB 5.0 MAT-file, Platform".getBytes(
                StandardCharsets.US_ASCII));
        fault(Fault.DAMAGED, old, null);
    }

    @Test
    void whatIsNoMapFile() {
        assertTrue(fault(Fault.LAYOUT, folder.resolve("a.exr"), null).contains("convert it to .npy, .pfm or float32 .tif"));
        assertTrue(fault(Fault.LAYOUT, folder.resolve("a.jpg"), null).contains("expected one of .png, .tif"));
        for (String ending : MapFile.ENDINGS) {
            fault(Fault.MISSING, folder.resolve("none" + ending), null);
            fault(Fault.DAMAGED, Layouts.write(folder.resolve("empty" + ending), new byte[0]), null);
            fault(Fault.DAMAGED, Layouts.write(folder.resolve("text" + ending), "a text\n".repeat(99).getBytes(
                    StandardCharsets.US_ASCII)), null);
        }
    }

    /** Cut anywhere or with any byte changed: a map or one sentence, never anything else. */
    @Test
    void damageIsToldInOneSentence() throws IOException {
        MapFile.read(Layouts.tiff(folder.resolve("a.tif"), 3, "LZW", EXPECTED));
        Layouts.gray16(folder.resolve("a.png"), 3, 0, 1, 256, 65535, 32768, 7);
        DepthMap map = new DepthMap(3, 2, EXPECTED, new DepthHead.Metric(10));
        PfmFile.write(folder.resolve("a.pfm"), map, new Provenance("tiny", "ab".repeat(32), "official", "a.jpg"));
        for (Path whole : new Path[] {folder.resolve("a.tif"), folder.resolve("a.png"), folder.resolve("a.pfm"), npz,
            resource("version2.npy")}) {
            byte[] bytes = Files.readAllBytes(whole);
            String name = whole.getFileName().toString();
            Random random = new Random(7);
            for (int i = 0; i < 60; i++) {
                byte[] broken = bytes.clone();
                if (i % 2 == 0) {
                    broken = Arrays.copyOf(bytes, random.nextInt(bytes.length));
                } else {
                    broken[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
                }
                Path file = Layouts.write(folder.resolve("broken-" + name), broken);
                try {
                    MapFile.read(file, whole == npz ? "f4" : null);
                } catch (FrameException e) {
                    assertTrue(e.getMessage().contains(file.toString()) && !e.getMessage().contains("\n"), e.getMessage());
                }
            }
            Path half = Layouts.write(folder.resolve("half-" + name), Arrays.copyOf(bytes, bytes.length / 2));
            fault(Fault.DAMAGED, half, whole == npz ? "f4" : null);
        }
    }
}
