package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.data.Layouts;
import dev.fathom.tests.report.HtmlCheck;
import dev.fathom.tests.tools.Cli;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.NyuHdf5Writer;
import dev.fathom.training.synth.HoleSettings;
import dev.fathom.training.synth.SynthDataset;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom data doctor} on files: what it prints and writes, and how it ends. */
class DataDoctorTest {
    private static final int ROOMS = 6;

    @TempDir
    private static Path shared;
    /** NYU-layout HDF5. */
    private static Path rooms;

    @TempDir
    private Path folder;

    @BeforeAll
    static void render() {
        rooms = shared.resolve("rooms");
        new SynthDataset(3, 0, ROOMS, 96, 72, HoleSettings.NONE).writeTo(rooms, done -> { });
    }

    private static Cli doctor(Object... words) {
        Object[] call = new Object[words.length + 2];
        call[0] = "data";
        call[1] = "doctor";
        System.arraycopy(words, 0, call, 2, words.length);
        return Says.run(call);
    }

    @Test
    void ofASoundSetItSaysWhatItLookedFor() {
        Cli cli = doctor("--data", rooms, "--fail-on", "warning");
        assertEquals(0, cli.code(), cli.out() + cli.err());
        List<String> lines = cli.out().lines().toList();
        assertEquals(rooms + ": looked at 6 of 6 frames", lines.getFirst());
        assertTrue(cli.out().contains("\nNo fault was found. Looked for: frames that cannot be read, "), cli.out());
        assertFalse(cli.out().contains("leaks between sets"), "nothing was compared");
        assertTrue(lines.getLast().startsWith("strangest frames: room_0000"), lines.getLast());
    }

    /** SUN RGB-D's numbers read as plain millimetres, and a frame whose depth is of another size. */
    @Test
    void faultsAreSaidWithWhatToDoAndTheExitCodeIsOne() throws IOException {
        SynthDataset data = new SynthDataset(3, 0, 4, 96, 72, HoleSettings.NONE);
        for (int i = 0; i < 4; i++) {
            DepthSample sample = data.sample(i);
            BufferedImage picture = new BufferedImage(96, 72, BufferedImage.TYPE_INT_RGB);
            int[] rotated = new int[96 * 72];
            for (int p = 0; p < rotated.length; p++) {
                int millimetres = Math.round(1000 * sample.depth()[p]);
                rotated[p] = (millimetres << 3 | millimetres >> 13) & 0xFFFF;
                picture.setRGB(p % 96, p / 96, sample.picture().at(p % 96, p / 96, 0) << 16
                        | sample.picture().at(p % 96, p / 96, 1) << 8 | sample.picture().at(p % 96, p / 96, 2));
            }
            Files.createDirectories(folder.resolve("rgb"));
            ImageIO.write(picture, "png", folder.resolve("rgb/" + i + ".png").toFile());
            Layouts.gray16(folder.resolve("depth/" + i + ".png"), 96, rotated);
        }
        // The first frame of all, so that it cannot even be opened as info opens it.
        Layouts.picture(folder.resolve("rgb/0.png"), 3, 2, 5);
        Cli cli = doctor("--dataset", "nyu-png:" + folder);
        assertEquals(1, cli.code(), cli.out() + cli.err());
        assertTrue(cli.out().contains("ERROR   size: 1 of 4 frames hold no picture with a depth of the same size."),
                cli.out());
        assertTrue(cli.out().contains("ERROR   bits: All 3 frames hold 16-bit numbers whose bits are rotated by 3 to the"
                + " left."), cli.out());
        assertTrue(cli.out().contains("        do     SUN RGB-D stores depth so, "), cli.out());
        assertTrue(cli.out().contains("        where  rgb/1.png (median "), cli.out());
        assertTrue(cli.out().contains("\n2 errors\n"), cli.out());
        assertEquals(0, doctor("--dataset", "nyu-png:" + folder, "--fail-on", "never").code());
    }

    @Test
    void copiesInAnotherSetAreLeaks() throws IOException {
        Path val = Files.createDirectories(folder.resolve("val"));
        new SynthDataset(3, ROOMS, 2, 96, 72, HoleSettings.NONE).writeTo(val, done -> { });
        assertEquals(0, doctor("--data", rooms, "--against", val).code());
        Files.copy(rooms.resolve("room_00002.h5"), val.resolve("copy.h5"));
        Cli cli = doctor("--data", rooms, "--against", "nyu-h5:" + val, "--json");
        assertEquals(1, cli.code(), cli.err());
        JsonNode found = new ObjectMapper().readTree(cli.out());
        assertEquals(3, found.get("against").get("frames").asInt());
        assertEquals(1, found.get("findings").size(), cli.out());
        JsonNode leak = found.get("findings").get(0);
        assertEquals("leak", leak.get("kind").asText());
        assertEquals("error", leak.get("severity").asText());
        assertEquals(2, leak.get("frames").get(0).get("index").asInt());
        assertEquals("is " + val.resolve("copy.h5"), leak.get("frames").get(0).get("note").asText());
    }

    @Test
    void aFolderGetsAPageJsonAndATable() throws IOException {
        Path out = folder.resolve("out");
        Cli cli = doctor("--data", rooms, "--samples", 4, "--outdir", out);
        assertEquals(0, cli.code(), cli.out() + cli.err());
        assertTrue(cli.out().contains(": looked at 4 of 6 frames, evenly spread"), cli.out());
        assertTrue(cli.out().contains("written: " + out.resolve("doctor.html")), cli.out());
        String page = Files.readString(out.resolve("doctor.html"));
        HtmlCheck.page(page);
        assertTrue(page.contains("No fault was found") && page.contains("room_00004.h5"), "findings and frames");
        // Photo and depth of four frames, where depth is, how far, and how its contours lie.
        assertEquals(4 * 2 + 3, page.split("<img ", -1).length - 1);
        assertEquals(4, new ObjectMapper().readTree(out.resolve("doctor.json").toFile()).get("data").get("looked_at")
                .asInt());
        List<String> table = Files.readAllLines(out.resolve("frames.csv"));
        assertEquals(5, table.size());
        assertEquals(table.getFirst().split(",").length, table.getLast().split(",", -1).length);
        assertTrue(table.get(2).startsWith("1,\"" + rooms.resolve("room_00001.h5") + "\",96,72,1.0000,0,"),
                table.get(2));
    }

    /** Depth beside the picture: the page draws its contours on the photos. */
    @Test
    void thePageShowsWhatWasFound() throws IOException {
        Path shifted = Files.createDirectories(folder.resolve("shifted"));
        SynthDataset data = new SynthDataset(3, 0, ROOMS, 96, 72, HoleSettings.NONE);
        for (int i = 0; i < ROOMS; i++) {
            float[] depth = data.sample(i).depth();
            float[] moved = new float[depth.length];
            for (int p = 0; p < moved.length; p++) {
                moved[p] = p % 96 < 6 ? 0 : depth[p - 6];
            }
            NyuHdf5Writer.write(shifted.resolve(i + ".h5"), 96, 72, data.sample(i).picture().rgb(), moved);
        }
        Path out = folder.resolve("out");
        assertEquals(1, doctor("--data", shifted, "--outdir", out, "--json").code());
        String page = Files.readString(out.resolve("doctor.html"));
        HtmlCheck.page(page);
        assertTrue(page.contains("All 6 frames have a depth that lies beside the picture: it fits best moved by 6 pixels to"
                + " the left."), page.replaceAll("data:[^\"]*", ""));
        // Four of the finding's frames and the six strangest, two pictures each, and the three maps.
        assertEquals(2 * 4 + 2 * 6 + 3, page.split("<img ", -1).length - 1);
    }

    /** DA-2K has no depth to judge; that it must not be trained on can be looked after. */
    @Test
    void aSetOfPairsOfPointsIsForLeaksAlone() throws IOException {
        Layouts.picture(folder.resolve("images/indoor_1.png"), 96, 72, 5);
        Files.writeString(folder.resolve("annotations.json"), """
                {"images/indoor_1.png": [{"point1": [1, 2], "point2": [3, 4], "closer_point": "point1"}]}""");
        assertTrue(Says.failing("data", "doctor", "--dataset", "da2k:" + folder).contains(
                " has pairs of points and no depth, which is what the doctor looks at; "));
        assertEquals(0, doctor("--data", rooms, "--against", "da2k:" + folder).code());
    }

    /** Every option works from a file of options, too. */
    @Test
    void fromAConfigFile() throws IOException {
        Path config = Files.writeString(folder.resolve("doctor.yaml"), "data: " + rooms + "\nsamples: 3\njson: true\n");
        Cli cli = doctor("--config", config);
        assertEquals(0, cli.code(), cli.err());
        assertEquals(3, new ObjectMapper().readTree(cli.out()).get("data").get("looked_at").asInt());
    }

    @Test
    void wrongCalls() {
        assertEquals("Missing required option: '--data=DIR' or '--dataset=NAME:PATH'.", wrong());
        assertEquals("--samples is 0, but must be a number of frames, at least 1, or all.", wrong("--data", rooms,
                "--samples", 0));
        assertEquals("--samples is many, but must be a number of frames, at least 1, or all.", wrong("--data", rooms,
                "--samples", "many"));
        assertEquals("--workers is 0, but must be at least 1.", wrong("--data", rooms, "--workers", 0));
        assertTrue(wrong("--data", rooms, "--fail-on", "note").startsWith("Invalid value for option '--fail-on'"));
        assertTrue(wrong("--data", rooms, "--against", "nyu:x").contains("There is no kind of data set named 'nyu'"));
        assertTrue(Says.failing("data", "doctor", "--data", folder.resolve("none")).contains("There is no folder"));
    }

    private static String wrong(Object... words) {
        Cli cli = doctor(words);
        assertEquals(2, cli.code(), cli.err());
        return cli.err().lines().findFirst().orElseThrow();
    }
}
