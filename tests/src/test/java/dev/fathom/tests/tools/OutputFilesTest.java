package dev.fathom.tests.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.Picture;
import dev.fathom.tests.golden.Npy;
import dev.fathom.tools.output.NpyFile;
import dev.fathom.tools.output.PfmFile;
import dev.fathom.tools.output.PngFile;
import dev.fathom.tools.output.Provenance;
import java.awt.image.BufferedImage;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Depth maps as files, read back by readers that share nothing with the writers. */
class OutputFilesTest {
    private static final Provenance FROM = new Provenance("Depth Anything V2 vits", "ab".repeat(32),
        "official, 686x518",
        "Küche 3.jpg");
    private static final DepthHead METRES = new DepthHead.Metric(10);
    private static final DepthHead DISPARITY = new DepthHead.Relative();

    @TempDir
    private Path folder;

    /** The text chunks of a PNG, found by walking its chunks as the PNG specification lays them out. */
    private static Map<String, String> textChunks(Path file) throws IOException {
        Map<String, String> texts = new HashMap<>();
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            assertEquals(0x89504E470D0A1A0AL, in.readLong());
            String type = "";
            while (!type.equals("IEND")) {
                byte[] data = new byte[in.readInt()];
                type = new String(in.readNBytes(4), StandardCharsets.US_ASCII);
                in.readFully(data);
                in.readInt();
                String all = new String(data, type.equals("iTXt") ? StandardCharsets.UTF_8
                    : StandardCharsets.ISO_8859_1);
                int end = all.indexOf(0);
                if (type.equals("tEXt")) {
                    texts.put(all.substring(0, end), all.substring(end + 1));
                } else if (type.equals("iTXt")) {
                    assertEquals("\0\0\0\0\0", all.substring(end, end + 5), "uncompressed, no language");
                    texts.put(all.substring(0, end), all.substring(end + 5));
                }
            }
        }
        return texts;
    }

    @Test
    void npyIsWhatNumpyReads() throws IOException {
        float[] values = {0.5f, -1.25f, 3e-39f, Float.NaN, Float.POSITIVE_INFINITY, 123456.7f};
        Path file = folder.resolve("a_raw_depth_meter.npy");
        NpyFile.write(file, new DepthMap(3, 2, values, METRES), FROM);
        byte[] bytes = Files.readAllBytes(file);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        assertTrue(text.startsWith("\u0093NUMPY\1\0"), "magic and version");
        int length = (bytes[8] & 255) + 256 * (bytes[9] & 255);
        assertEquals(0, (10 + length) % 64, "the data starts at a multiple of 64");
        assertEquals("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
            text.substring(10, 10 + length).strip());
        assertEquals('\n', bytes[9 + length]);
        float[] read = new float[6];
        ByteBuffer.wrap(bytes, 10 + length, 24).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(read);
        assertArrayEquals(values, read);
        Npy numpy = Npy.parse(bytes);
        assertArrayEquals(new int[] {2, 3}, numpy.shape());
        assertArrayEquals(values, numpy.floats());
    }

    @Test
    void theSidecarSaysWhatTheNumbersAre() throws IOException {
        NpyFile.write(folder.resolve("photo.v2.npy"), new DepthMap(3, 2, new float[6], METRES), FROM);
        JsonNode json = new ObjectMapper().readTree(folder.resolve("photo.v2.json").toFile());
        assertEquals("metres", json.get("unit").asText());
        assertEquals("larger is farther", json.get("polarity").asText());
        assertEquals(10, json.get("max_depth").asDouble());
        assertEquals("ab".repeat(32), json.get("model_sha256").asText());
        assertEquals("official, 686x518", json.get("preprocessing").asText());
        assertEquals(2, json.get("shape").get(0).asInt());
        PfmFile.write(folder.resolve("other.pfm"), new DepthMap(1, 1, new float[1], DISPARITY), FROM);
        JsonNode other = new ObjectMapper().readTree(folder.resolve("other.json").toFile());
        assertEquals("larger is nearer", other.get("polarity").asText());
        assertEquals("relative inverse depth", other.get("unit").asText());
        assertEquals("Küche 3.jpg", other.get("source").asText());
        assertTrue(!other.has("max_depth"), "a relative map has no range in metres");
    }

    @Test
    void pfmHasItsRowsFromBottomToTop() throws IOException {
        Path file = folder.resolve("a.pfm");
        PfmFile.write(file, new DepthMap(2, 2, new float[] {1, 2, 3, 4}, DISPARITY), FROM);
        byte[] bytes = Files.readAllBytes(file);
        String header = "Pf\n2 2\n-1.0\n";
        assertEquals(header, new String(bytes, 0, header.length(), StandardCharsets.US_ASCII));
        float[] read = new float[4];
        ByteBuffer.wrap(bytes, header.length(), 16).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(read);
        assertArrayEquals(new float[] {3, 4, 1, 2}, read);
    }

    @Test
    void metricPngHoldsMillimetres() throws IOException {
        float[] depth = {0, 0.0001f, 1.2344f, 1.2346f, 9.999f, 65.535f};
        Path file = folder.resolve("mm.png");
        PngFile.write16(file, new DepthMap(3, 2, depth, METRES), FROM);
        BufferedImage image = ImageIO.read(file.toFile());
        int[] pixels = image.getRaster().getPixels(0, 0, 3, 2, (int[]) null);
        assertArrayEquals(new int[] {0, 1, 1234, 1235, 9999, 65535}, pixels);
        Map<String, String> text = textChunks(file);
        assertEquals("metres = pixel / 1000, 0 = no value", text.get("fathom:scale"));
        assertEquals("metres", text.get("fathom:unit"));
        assertEquals("larger is farther", text.get("fathom:polarity"));
        assertEquals("10.0", text.get("fathom:max_depth"));
        assertEquals("ab".repeat(32), text.get("fathom:model_sha256"));
        assertEquals("official, 686x518", text.get("fathom:preprocessing"));
        assertTrue(text.get("Software").startsWith("Fathom "), text.get("Software"));
    }

    @Test
    void farMetricPngUsesKittisScaleAndTooFarIsRefused() throws IOException {
        Path file = folder.resolve("far.png");
        PngFile.write16(file, new DepthMap(2, 1, new float[] {80, 2.5f}, METRES), FROM);
        assertArrayEquals(new int[] {20480, 640},
            ImageIO.read(file.toFile()).getRaster().getPixels(0, 0, 2, 1, (int[]) null));
        assertEquals("metres = pixel / 256, 0 = no value", textChunks(file).get("fathom:scale"));
        String refusal = assertThrows(FathomException.class,
            () -> PngFile.write16(file, new DepthMap(1, 1, new float[] {300}, METRES), FROM)).getMessage();
        assertTrue(refusal.contains("300.0 m") && refusal.contains(".npy"), refusal);
        String nan = assertThrows(FathomException.class,
            () -> PngFile.write16(file, new DepthMap(2, 1, new float[] {1, Float.NaN}, METRES), FROM)).getMessage();
        assertTrue(nan.contains("1 of 2 values are not finite"), nan);
    }

    @Test
    void relativePngGivesTheValuesBack() throws IOException {
        float[] values = new float[400];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (3 + 7 * Math.sin(i * 0.37));
        }
        Path file = folder.resolve("rel.png");
        PngFile.write16(file, new DepthMap(20, 20, values, DISPARITY), FROM);
        Map<String, String> text = textChunks(file);
        double low = Double.parseDouble(text.get("fathom:value_min"));
        double high = Double.parseDouble(text.get("fathom:value_max"));
        int[] pixels = ImageIO.read(file.toFile()).getRaster().getPixels(0, 0, 20, 20, (int[]) null);
        for (int i = 0; i < values.length; i++) {
            assertEquals(values[i], low + pixels[i] / 65535.0 * (high - low), 0.51 * (high - low) / 65535);
        }
        assertEquals("larger is nearer", text.get("fathom:polarity"));
        assertEquals("Küche 3.jpg", text.get("fathom:source"));
        PngFile.write16(file, new DepthMap(2, 1, new float[] {5, 5}, DISPARITY), FROM);
        assertArrayEquals(new int[2], ImageIO.read(file.toFile()).getRaster().getPixels(0, 0, 2, 1, (int[]) null));
    }

    @Test
    void colourPngKeepsEveryColourAndSaysHowTheyCameAbout() throws IOException {
        Picture picture = new Picture(2, 1, new byte[] {(byte) 255, 1, 2, 3, (byte) 200, 5});
        Path file = folder.resolve("colour.png");
        PngFile.writeColour(file, picture, DISPARITY, "Spectral_r, min to max of this picture", FROM);
        BufferedImage image = ImageIO.read(file.toFile());
        assertEquals(0xFF0102, image.getRGB(0, 0) & 0xFFFFFF);
        assertEquals(0x03C805, image.getRGB(1, 0) & 0xFFFFFF);
        assertEquals("Spectral_r, min to max of this picture", textChunks(file).get("fathom:colouring"));
    }

    @Test
    void aFolderThatIsNotThereIsNamed() {
        Path file = folder.resolve("no/such/file.npy");
        String sentence = assertThrows(FathomException.class,
            () -> NpyFile.write(file, new DepthMap(1, 1, new float[1], METRES), FROM)).getMessage();
        assertTrue(sentence.contains("no/such") && sentence.contains("create it"), sentence);
    }
}
