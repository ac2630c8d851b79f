package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fathom.models.image.PictureReader;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom predict} on a folder, whose reading, network and writing overlap. */
class PredictFolderTest {
    @TempDir
    private static Path shared;
    private static Path weights;

    @TempDir
    private Path folder;

    @BeforeAll
    static void weights() {
        weights = Workshop.model(shared.resolve("relative.safetensors"), Workshop.RELATIVE);
    }

    private Object[] words(Path pictures, Path out, Object... more) {
        Object[] words = new Object[9 + more.length];
        System.arraycopy(new Object[] {"predict", "--load-from", weights, "--img-path", pictures, "--outdir", out,
            "--input-size", 70}, 0, words, 0, 9);
        System.arraycopy(more, 0, words, 9, more.length);
        return words;
    }

    /** A folder's results are, byte for byte, those of its pictures one by one; failures are told in order. */
    @Test
    void overlapChangesNothing() throws IOException {
        Path photos = Files.createDirectories(folder.resolve("photos"));
        for (int i = 0; i < 8; i++) {
            Pictures.colour(photos.resolve("p" + i + (i % 2 == 0 ? ".jpg" : ".png")), 300 - 30 * i, 40 + 20 * i);
        }
        Pictures.bytes(photos.resolve("p2_broken.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n',
            0, 0});
        Pictures.bytes(photos.resolve("p0_broken.jpg"), new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, 0, 0, 0});
        Object[] all = {"--save-numpy", "--save-png16", "--save-pfm"};
        Cli together = Says.run(words(photos, folder.resolve("together"), all));
        assertEquals(1, together.code());
        assertTrue(together.out().contains("8 of 10 pictures done, results in " + folder.resolve("together") + " ("),
                together.out());
        Matcher busy = Pattern.compile("network busy (\\d+) % of the time\\)").matcher(together.out());
        assertTrue(busy.find() && Integer.parseInt(busy.group(1)) <= 100, together.out());
        List<String> failures = Says.err(together).lines().toList();
        assertEquals(2, failures.size(), together.err());
        assertTrue(failures.get(0).contains("p0_broken.jpg") && failures.get(1).contains("p2_broken.png"),
                together.err());
        for (int i = 0; i < 8; i++) {
            Path photo = photos.resolve("p" + i + (i % 2 == 0 ? ".jpg" : ".png"));
            assertEquals(0, Says.run(words(photo, folder.resolve("alone"), all)).code());
        }
        List<String> files = Workshop.files(folder.resolve("alone"));
        assertEquals(8 * 6, files.size(), files.toString());
        assertEquals(files, Workshop.files(folder.resolve("together")));
        for (String file : files) {
            assertArrayEquals(Files.readAllBytes(folder.resolve("alone").resolve(file)),
                    Files.readAllBytes(folder.resolve("together").resolve(file)), file);
        }
    }

    /** Where a result cannot be written the run ends, and names it. */
    @Test
    void aResultThatCannotBeWrittenEndsTheRun() throws IOException {
        Path photos = Files.createDirectories(folder.resolve("photos"));
        byte[] photo = Files.readAllBytes(Pictures.colour(photos.resolve("000.png"), 30, 20));
        for (int i = 1; i < 60; i++) {
            Pictures.bytes(photos.resolve(String.format("%03d.png", i)), photo);
        }
        Path out = folder.resolve("out");
        Files.createDirectories(out.resolve("002.png"));
        Cli cli = Says.run(words(photos, out));
        assertEquals(1, cli.code());
        assertEquals(out.resolve("002.png") + " is a folder; expected a file name: add one.", Says.err(cli));
        List<String> files = Workshop.files(out);
        assertTrue(files.containsAll(List.of("000.png", "001.png")) && files.size() < 59, files.toString());
        assertFalse(files.toString().contains(".tmp"), files.toString());
    }

    @Test
    void ctrlCEndsWithWholeFilesAndSaysHowMany() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs sh, to send signals");
        Path photos = Files.createDirectories(folder.resolve("photos"));
        byte[] photo = Files.readAllBytes(Pictures.colour(photos.resolve("0.png"), 300, 200));
        for (int i = 1; i < 1500; i++) {
            Pictures.bytes(photos.resolve(i + ".png"), photo);
        }
        Path out = folder.resolve("out");
        try (Child child = Child.start(folder, words(photos, out, "--device", "cpu"))) {
            child.until("the first result", () -> Files.exists(out.resolve("0.png")));
            assumeTrue(InterruptedProcessTest.listens(child, "INT"), "this test run ignores INT, and so do children");
            child.signal("INT");
            assertEquals(130, child.exit(), child.out() + child.err());
            List<String> files = Workshop.files(out);
            assertTrue(files.size() < 1500, "stopped before the end");
            String end = child.out().lines().reduce((a, b) -> b).orElseThrow();
            assertTrue(end.startsWith("stopped: " + files.size() + " of 1500 pictures done, results in " + out), end);
            assertTrue(child.err().contains("Stopping after this picture; Ctrl-C once more ends at once."),
                    child.err());
            for (String file : files) {
                assertEquals(200, PictureReader.read(out.resolve(file)).height(), file);
            }
        }
    }
}
