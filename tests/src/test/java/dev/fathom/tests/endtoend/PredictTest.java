package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tests.golden.Npy;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom predict}: what goes in, and every file that comes out. */
class PredictTest {
    @TempDir
    private static Path shared;
    private static Path metric;
    private static Path relative;

    @TempDir
    private Path folder;

    @BeforeAll
    static void weights() {
        metric = Workshop.model(shared.resolve("metric.safetensors"), Workshop.METRIC);
        relative = Workshop.model(shared.resolve("relative.h5"), Workshop.RELATIVE);
    }

    /** Runs predict with small pictures into {@code out}, and expects success. */
    private Cli predict(Path weights, Path pictures, String... options) {
        List<String> call = new ArrayList<>(List.of("predict", "--load-from", weights.toString(), "--img-path",
                pictures.toString(), "--outdir",
                out().toString(), "--input-size", "70"));
        call.addAll(List.of(options));
        Cli cli = Cli.run(call.toArray(String[]::new));
        assertEquals(0, cli.code(), cli.err());
        return cli;
    }

    private Path out() {
        return folder.resolve("out");
    }

    private Picture result(String name) {
        return PictureReader.read(out().resolve(name));
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }

    @Test
    void aPhotoBecomesThePhotoBesideItsDepth() {
        Path photo = Pictures.colour(folder.resolve("a photo.png"), 40, 30);
        Cli cli = predict(metric, photo);
        assertTrue(cli.out().contains("custom (48 channels, 4 blocks), metric (metres, larger is farther)"), cli.out());
        assertTrue(cli.out().contains("1 of 1 picture done, results in " + out()), cli.out());
        assertEquals(List.of("a photo.png"), Workshop.files(out()));
        Picture both = result("a photo.png");
        assertEquals(40 + 50 + 40, both.width());
        assertEquals(30, both.height());
        Picture original = PictureReader.read(photo);
        for (int channel = 0; channel < 3; channel++) {
            assertEquals(original.at(39, 29, channel), both.at(39, 29, channel), "the photo on the left");
            assertEquals(255, both.at(60, 15, channel), "white between");
        }
    }

    @Test
    void depthAloneInColoursInGrayAndInAPaletteOfOnesChoice() {
        Path photo = Pictures.colour(folder.resolve("a.jpg"), 40, 30);
        predict(metric, photo, "--pred-only");
        Picture spectral = result("a.png");
        assertEquals(40, spectral.width());
        predict(metric, photo, "--pred-only", "--grayscale");
        Picture gray = result("a.png");
        for (int i = 0; i < gray.rgb().length; i += 3) {
            assertTrue(gray.rgb()[i] == gray.rgb()[i + 1] && gray.rgb()[i] == gray.rgb()[i + 2], "gray");
        }
        predict(metric, photo, "--pred-only", "--palette", "VIRIDIS");
        Picture viridis = result("a.png");
        assertNotEquals(spectral, viridis);
        assertNotEquals(gray, viridis);
    }

    /** Every file of numbers has the photo's size, the same numbers, and says what they are. */
    @Test
    void everyOutputOfAMetricModel() throws IOException {
        Path photo = Pictures.rotated(folder.resolve("turned.jpg"), 44, 30);
        predict(metric, photo, "--save-numpy", "--save-png16", "--save-pfm");
        assertEquals(List.of("turned.json", "turned.pfm", "turned.png", "turned_16bit.png",
                "turned_raw_depth_meter.json",
                "turned_raw_depth_meter.npy"), Workshop.files(out()));
        Npy npy = Npy.parse(Files.readAllBytes(out().resolve("turned_raw_depth_meter.npy")));
        assertEquals("[44, 30]", Arrays.toString(npy.shape()), "upright: 30 wide, 44 high");
        double[] metres = npy.doubles();
        PictureReader.Gray16 png = PictureReader.readGray16(out().resolve("turned_16bit.png"));
        assertEquals(30, png.width());
        for (int i = 0; i < metres.length; i++) {
            assertTrue(metres[i] > 0 && metres[i] < 10, "metres within the head's range: " + metres[i]);
            assertEquals(metres[i], (png.values()[i] & 0xffff) / 1000.0, 0.00051, "millimetres");
        }
        assertTrue(text(out().resolve("turned.pfm")).startsWith("Pf\n30 44\n-1"), "PFM of the same size");
        String hash = ContentHash.of(metric).hex();
        for (String sidecar : new String[] {"turned.json", "turned_raw_depth_meter.json"}) {
            JsonNode about = json(out().resolve(sidecar));
            assertEquals("metres", about.get("unit").asText());
            assertEquals("larger is farther", about.get("polarity").asText());
            assertEquals(hash, about.get("model_sha256").asText());
            assertEquals(10, about.get("max_depth").asDouble());
            assertEquals("turned.jpg", about.get("source").asText());
            assertTrue(about.get("preprocessing").asText().endsWith("70 x 98"), about.get("preprocessing").asText());
        }
        for (String picture : new String[] {"turned.png", "turned_16bit.png"}) {
            String chunks = text(out().resolve(picture));
            for (String entry : new String[] {"fathom:unit\0metres", "fathom:polarity\0larger is farther",
                    "fathom:model_sha256\0" + hash,
                "fathom:preprocessing\0Depth Anything V2: lower bound"}) {
                assertTrue(chunks.contains(entry), picture + " has no " + entry);
            }
        }
    }

    @Test
    void everyOutputOfARelativeModel() throws IOException {
        predict(relative, Pictures.gray(folder.resolve("g.png"), 33, 21), "--save-numpy", "--save-png16", "--save-pfm");
        assertEquals(List.of("g.json", "g.pfm", "g.png", "g_16bit.png", "g_disp.json", "g_disp.npy"),
                Workshop.files(out()));
        assertEquals("[21, 33]", Arrays.toString(Npy.parse(Files.readAllBytes(out().resolve("g_disp.npy"))).shape()));
        JsonNode about = json(out().resolve("g_disp.json"));
        assertEquals("relative inverse depth", about.get("unit").asText());
        assertEquals("larger is nearer", about.get("polarity").asText());
        assertTrue(about.path("max_depth").isMissingNode(), "a relative model has no largest depth");
        assertTrue(text(out().resolve("g_16bit.png")).contains("fathom:value_max"), "both ends are recorded");
    }

    /** A folder is searched deeply, for pictures by content; structure is kept, equal stems do not meet. */
    @Test
    void aFolderOfEverything() throws IOException {
        Path photos = Files.createDirectories(folder.resolve("photos"));
        Pictures.colour(photos.resolve("a.png"), 20, 30);
        Pictures.colour(photos.resolve("a.jpg"), 30, 20);
        Pictures.gray(photos.resolve("a_jpg.png"), 15, 15);
        Pictures.withAlpha(photos.resolve("deep/er/alpha.png"), 22, 18);
        Pictures.cmyk(photos.resolve("deep/cmyk.jpg"));
        Pictures.colour(photos.resolve("no ending at all.png"), 5, 3);
        Files.move(photos.resolve("no ending at all.png"), photos.resolve("no ending at all"));
        Files.writeString(photos.resolve("notes.txt"), "not a picture");
        Files.writeString(photos.resolve("lies.jpg"), "not a picture either");
        Cli cli = predict(relative, photos, "--pred-only");
        assertTrue(cli.out().contains("6 of 6 pictures done"), cli.out());
        // a.jpg and a.png keep their extensions; a_jpg.png then finds its own name taken.
        assertEquals(List.of("a_jpg.png", "a_jpg_2.png", "a_png.png", "deep/cmyk.png", "deep/er/alpha.png",
                "no ending at all.png"),
                Workshop.files(out()));
        assertEquals(30, result("a_jpg.png").width());
        assertEquals(15, result("a_jpg_2.png").width());
        assertEquals(20, result("a_png.png").width());
        assertEquals(22, result("deep/er/alpha.png").width());
        assertEquals(3, result("no ending at all.png").height(),
                "a picture smaller than one patch is a picture like any other");
    }

    /** What one run writes below the searched folder is not found by the next. */
    @Test
    void resultsBelowTheSearchedFolderAreNoPictures() throws IOException {
        Pictures.colour(folder.resolve("a.png"), 20, 30);
        for (int run = 0; run < 2; run++) {
            assertTrue(predict(relative, folder).out().contains("1 of 1 picture done"));
        }
        assertEquals(List.of("a.png", "out/a.png"), Workshop.files(folder));
    }

    @Test
    void aListOfPictures() throws IOException {
        Path photos = folder.resolve("photos");
        Pictures.colour(photos.resolve("one/a.png"), 20, 30);
        Pictures.colour(photos.resolve("two/a.png"), 30, 20);
        Path list = folder.resolve("photos/list.txt");
        Files.writeString(list, photos.resolve("one/a.png") + "\n\n  two/a.png  \r\n" + photos.resolve("one/a.png")
                + "\n");
        Cli cli = predict(relative, list, "--pred-only");
        assertTrue(cli.out().contains("2 of 2 pictures done"), cli.out());
        assertEquals(List.of("a_png.png", "a_png_2.png"), Workshop.files(out()));
        assertEquals(20, result("a_png.png").width());
        assertEquals(30, result("a_png_2.png").width());
    }

    /** A name that one option would write is not given to another picture, whether the option is used or not. */
    @Test
    void namesDoNotMeetAcrossKindsOfFiles() throws IOException {
        Path photos = folder.resolve("photos");
        Pictures.colour(photos.resolve("a.png"), 20, 30);
        Pictures.colour(photos.resolve("a_16bit.png"), 30, 20);
        predict(metric, photos, "--pred-only", "--save-png16");
        assertEquals(List.of("a.png", "a_16bit.png", "a_16bit_2.png", "a_16bit_2_16bit.png"), Workshop.files(out()));
        assertEquals(20, PictureReader.readGray16(out().resolve("a_16bit.png")).width());
    }

    @Test
    void oneBrokenPictureDoesNotCostTheOthers() throws IOException {
        Path photos = folder.resolve("photos");
        Path whole = Pictures.colour(photos.resolve("b.jpg"), 300, 200);
        byte[] bytes = Files.readAllBytes(whole);
        Pictures.bytes(photos.resolve("a.jpg"), Arrays.copyOf(bytes, bytes.length / 2));
        Cli cli = Cli.run("predict", "--load-from", relative.toString(), "--img-path", photos.toString(), "--outdir",
                out().toString(),
                "--input-size", "70");
        assertEquals(1, cli.code());
        assertEquals("The picture " + photos.resolve("a.jpg") + " is broken: the JPEG data ends too early, after "
                + bytes.length / 2
                + " bytes; copy or download it again.", Says.err(cli));
        assertTrue(cli.out().contains("1 of 2 pictures done"), cli.out());
        assertEquals(List.of("b.png"), Workshop.files(out()));
    }

    @Test
    void aModelMayBeSaidToBeMetricOrRelative() {
        Path silent = Workshop.silentModel(folder.resolve("silent.safetensors"));
        Path photo = Pictures.colour(folder.resolve("a.png"), 20, 30);
        assertTrue(predict(silent, photo, "--max-depth", "20").out().contains("metric (metres"));
        assertTrue(predict(silent, photo, "--relative").out()
                .contains("relative (relative inverse depth, larger is nearer)"));
        assertFalse(predict(metric, photo, "--max-depth", "10").out().isEmpty(),
                "repeating what the file says is no contradiction");
    }
}
