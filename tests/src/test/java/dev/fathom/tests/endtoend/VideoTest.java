package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.models.image.ByteMap;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tests.golden.Npy;
import dev.fathom.tests.tools.Cli;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** {@code fathom video} on numbered pictures. */
class VideoTest {
    private static final int WIDTH = 40;
    private static final int HEIGHT = 30;

    @TempDir
    private static Path shared;
    private static Path weights;

    @TempDir
    private Path folder;

    @BeforeAll
    static void weights() {
        weights = Workshop.model(shared.resolve("relative.safetensors"), Workshop.RELATIVE);
    }

    private Object[] words(Object path, String out, Object... more) {
        List<Object> words = new ArrayList<>(List.of("video", "--load-from", weights, "--video-path", path, "--outdir",
                folder.resolve(out)));
        words.addAll(List.of(more).contains("--input-size") ? List.of() : List.of("--input-size", 28));
        words.addAll(List.of(more));
        return words.toArray();
    }

    private Cli video(Object path, String out, Object... more) {
        Cli cli = Says.run(words(path, out, more));
        assertEquals(0, cli.code(), cli.err());
        return cli;
    }

    /** Frames f8.png, f9.png, f10.png, ... of different content and one size. */
    private Path frames(int count) {
        for (int i = 0; i < count; i++) {
            Picture photo = PictureReader.read(Pictures.colour(folder.resolve("one.png"), WIDTH + 2 * i, HEIGHT));
            Picture part = Picture.blank(WIDTH, HEIGHT);
            for (int y = 0; y < HEIGHT; y++) {
                System.arraycopy(photo.rgb(), 3 * (y * photo.width() + i), part.rgb(), 3 * y * WIDTH, 3 * WIDTH);
            }
            Pictures.picture(folder.resolve("walk/f" + (8 + i) + ".png"), part);
        }
        return folder.resolve("walk");
    }

    private JsonNode json(String out) throws IOException {
        return new ObjectMapper().readTree(folder.resolve(out).resolve("walk_clip.json").toFile());
    }

    private float[] numbers(String out, String frame) throws IOException {
        return Npy.parse(Files.readAllBytes(folder.resolve(out).resolve(frame + "_disp.npy"))).floats();
    }

    /** Values are predict's, to the bit; pictures show them over one range, which the clip's page tells. */
    @Test
    void theNumbersOfAFrameArePredictsAndTheRangeIsTheClips() throws IOException {
        Path frames = frames(4);
        Cli cli = video(frames, "out", "--save-numpy", "--save-png16", "--pred-only", "--grayscale");
        assertTrue(cli.out().contains("walk: 4 frames of 40 x 30 pixels, seen by the network at 42 x 28"), cli.out());
        assertTrue(cli.out().contains("flicker where the picture stands still: "), cli.out());
        assertEquals(0, Says.run("predict", "--load-from", weights, "--img-path", frames, "--outdir",
                folder.resolve("single"), "--input-size", 28, "--save-numpy").code());
        JsonNode page = json("out");
        float low = page.get("range").get("low").floatValue();
        float high = page.get("range").get("high").floatValue();
        assertEquals(4, page.get("frames").asInt());
        assertEquals("the clip's own minimum to maximum", page.get("range").get("is").asText());
        for (String frame : new String[] {"f8", "f9", "f10", "f11"}) {
            assertArrayEquals(Files.readAllBytes(folder.resolve("single/" + frame + "_disp.npy")),
                    Files.readAllBytes(folder.resolve("out/" + frame + "_disp.npy")), frame);
            float[] values = numbers("out", frame);
            byte[] levels = ByteMap.of(values, new ByteMap.Range(low, high));
            assertEquals(ByteMap.gray(levels, WIDTH, HEIGHT), PictureReader.read(folder.resolve("out/" + frame
                    + ".png")));
            PictureReader.Gray16 deep = PictureReader.readGray16(folder.resolve("out/" + frame + "_16bit.png"));
            for (int i = 0; i < values.length; i++) {
                assertEquals(values[i], low + (deep.values()[i] & 0xFFFF) / 65535.0 * (high - low),
                        0.51 * (high - low) / 65535 + Math.ulp(high), "pixel " + i);
            }
        }
        assertFalse(Files.exists(folder.resolve("out/walk.unfinished")), "the maps on the disk are gone");
    }

    /** A frame that cannot be read ends the run; the maps before it are not computed again, and nothing differs. */
    @Test
    void aBrokenFrameEndsTheRunAndTheNextOneGoesOn() throws IOException {
        Path frames = frames(5);
        video(frames, "whole", "--smooth", "--save-numpy", "--percentiles", "5,95");
        byte[] good = Files.readAllBytes(frames.resolve("f11.png"));
        Files.write(frames.resolve("f11.png"), Arrays.copyOf(good, good.length / 2));
        Object[] again = words(frames, "out", "--smooth", "--save-numpy", "--percentiles", "5,95");
        String sentence = Says.failing(again);
        assertTrue(sentence.startsWith("The picture " + frames.resolve("f11.png") + " is broken: "), sentence);
        assertEquals(List.of("walk.unfinished/about.json", "walk.unfinished/maps.bin"),
                Workshop.files(folder.resolve("out")), "no picture before the range is known");
        Files.write(frames.resolve("f11.png"), good);
        Cli cli = Says.run(again);
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("going on after frame 3: the maps so far are there"), cli.out());
        for (String file : Workshop.files(folder.resolve("whole"))) {
            assertArrayEquals(Files.readAllBytes(folder.resolve("whole").resolve(file)),
                    Files.readAllBytes(folder.resolve("out").resolve(file)), file);
        }
        assertEquals(Workshop.files(folder.resolve("whole")), Workshop.files(folder.resolve("out")));
        assertTrue(json("out").get("range").get("is").asText().contains("percentiles 5.0 to 95.0"));
        assertEquals(5, json("out").get("smoothing").get("scale").size());
    }

    /** Kept maps serve another range without the network, and maps of a frame that was replaced are not used. */
    @Test
    void keptMapsNeedNoNetwork() throws IOException {
        Path frames = frames(3);
        video(frames, "out", "--keep-maps");
        Path config = Files.writeString(folder.resolve("look.yaml"), "range: 0,3\npred-only: true\nsmooth: 0.5\n");
        Cli cli = video(frames, "out", "--keep-maps", "--config", config);
        assertTrue(cli.out().contains("going on after frame 3: the maps so far are there"), cli.out());
        assertEquals(3, json("out").get("range").get("high").asDouble());
        assertEquals(0.5, json("out").get("smoothing").get("strength").asDouble());
        assertEquals(WIDTH, PictureReader.read(folder.resolve("out/f8.png")).width());
        Pictures.colour(frames.resolve("f9.png"), WIDTH, HEIGHT);
        assertTrue(video(frames, "out", "--keep-maps").out().contains("going on after frame 1: the maps so far are there"));
        String other = Says.failing(words(frames, "out", "--input-size", 42));
        assertTrue(other.contains("maps of an unfinished run with another input size"), other);
        assertFalse(video(frames, "out", "--restart", "--pred-only").out().contains("going on"));
    }

    @Test
    void patternsGapsAndSizes() throws IOException {
        Path frames = frames(4);
        Files.delete(frames.resolve("f9.png"));
        Files.writeString(frames.resolve("notes.txt"), "no frame");
        Pictures.colour(frames.resolve("x1.png"), WIDTH, HEIGHT + 1);
        Cli cli = video(frames.resolve("f%d.png"), "out", "--pred-only");
        assertTrue(cli.out().contains("frame numbers leave out 1 of 4, the first after f8.png"), cli.out());
        assertEquals(List.of("f10.png", "f11.png", "f8.png", "walk_clip.json"), Workshop.files(folder.resolve("out")));
        assertTrue(video(frames + "/f1*.png", "stars").out().contains("walk: 2 frames"));
        assertEquals("The frame x1.png is 40 x 31 pixels, but the clip's first is 40 x 30;"
                + " the frames of a clip have one size: remove or resize it.", Says.failing(words(frames, "sizes")));
        assertEquals("No file of " + frames + " is called y%d.png; expected numbered frames of one clip.",
                Says.failing(words(frames.resolve("y%d.png"), "none")));
        assertEquals("Results would go into " + frames + ", among the frames of " + frames
                + "; choose another --outdir.", Says.failing(words(frames, "walk")));
        assertEquals(frames.resolve("f8.png") + " is one picture; --video-path takes a film or many pictures: give"
                + " their folder, or use 'fathom predict' for one.", Says.failing(words(frames.resolve("f8.png"),
                "one")));
        assertTrue(Says.failing(words(folder.resolve("no"), "no")).startsWith("There is no " + folder.resolve("no")));
    }

    /** Ctrl-C: what is whole stays, nothing else is there. */
    @Test
    void ctrlCLeavesMapsAndNothingHalf() throws Exception {
        Path frames = frames(1);
        byte[] frame = Files.readAllBytes(frames.resolve("f8.png"));
        for (int i = 9; i < 408; i++) {
            Files.write(frames.resolve("f" + i + ".png"), frame);
        }
        File maps = folder.resolve("out/walk.unfinished/maps.bin").toFile();
        Signal ctrlC = new Signal("INT");
        // A handler of the test's own, in case that the command's is not there when the signal comes.
        SignalHandler before = Signal.handle(ctrlC, signal -> { });
        try {
            Thread someone = Thread.ofPlatform().start(() -> {
                while (maps.length() < 20_000 && !Thread.interrupted()) {
                    Thread.onSpinWait();
                }
                Signal.raise(ctrlC);
            });
            Cli cli = Says.run(words(frames, "out"));
            someone.interrupt();
            someone.join();
            assertEquals(130, cli.code(), cli.out() + cli.err());
            assertEquals("Stopping after this frame; Ctrl-C once more ends at once.", Says.err(cli));
            String end = cli.out().lines().reduce((a, b) -> b).orElseThrow();
            assertTrue(end.matches("stopped: the maps of \\d+ of 400 frames wait in .*walk.unfinished; the same command"
                    + " goes on from there"), end);
            assertEquals(List.of("walk.unfinished/about.json", "walk.unfinished/maps.bin"),
                    Workshop.files(folder.resolve("out")));
        } finally {
            Signal.handle(ctrlC, before);
        }
    }
}
