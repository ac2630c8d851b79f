package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pictures that are not there, broken or absurd, and places that cannot be written to: exit code 1, one sentence, and
 * nothing is lost.
 */
class BadPicturesTest {
    @TempDir
    private static Path shared;
    private static Path weights;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        weights = Workshop.model(shared.resolve("relative.safetensors"), Workshop.RELATIVE);
    }

    private Path out() {
        return folder.resolve("out");
    }

    private String refusal(Path pictures, Path out, Object... more) {
        List<Object> words = new ArrayList<>(List.of("predict", "--load-from", weights, "--img-path", pictures,
                "--outdir", out, "--input-size", 70));
        words.addAll(List.of(more));
        return Says.failing(words.toArray());
    }

    @Test
    void nothingThereAndNothingInIt() throws IOException {
        Path missing = folder.resolve("no.png");
        assertEquals("There is no " + missing
                + "; --img-path takes a picture, a folder of pictures or a .txt list of them.",
                refusal(missing, out()));
        Path photos = Files.createDirectories(folder.resolve("photos/deeper")).getParent();
        Files.writeString(photos.resolve("deeper/notes.txt"), "no picture");
        assertEquals("The folder " + photos
                + " holds no picture, nor do the folders below it; expected JPEG, PNG, TIFF, WebP, BMP or GIF.",
                refusal(photos, out()));
        assertFalse(Files.exists(out()), "nothing was begun, so nothing was made");
    }

    @Test
    void brokenEmptyAndNoPicture() throws IOException {
        byte[] whole = Files.readAllBytes(Pictures.colour(folder.resolve("whole.jpg"), 300, 200));
        Path torn = Pictures.bytes(folder.resolve("torn.jpg"), Arrays.copyOf(whole, whole.length / 2));
        assertEquals("The picture " + torn + " is broken: the JPEG data ends too early, after " + whole.length / 2
                + " bytes; copy or download it"
                + " again.", refusal(torn, out()));
        Path empty = Files.createFile(folder.resolve("empty.jpg"));
        assertEquals("The picture " + empty + " is empty (0 bytes): copy or download it again.", refusal(empty, out()));
        Path text = Files.writeString(folder.resolve("text.png"), "this is a text");
        assertEquals("The file " + text
                + " is not a picture that can be read here: expected JPEG, PNG, TIFF, WebP, BMP or GIF.",
                refusal(text, out()));
        byte[] png = Files.readAllBytes(Pictures.colour(folder.resolve("whole.png"), 60, 40));
        Arrays.fill(png, png.length / 2, png.length - 20, (byte) 0x55);
        Path garbled = Pictures.bytes(folder.resolve("garbled.png"), png);
        String sentence = refusal(garbled, out());
        assertTrue(sentence.startsWith("The picture " + garbled + " is broken: ")
                && sentence.endsWith("; copy or download it again."), sentence);
        assertEquals(List.of(), Workshop.files(out()));
    }

    @Test
    void listsOfNothingAndOfWhatIsNotThere() throws IOException {
        Path list = Files.writeString(folder.resolve("list.txt"), "\n \n");
        assertEquals("The list " + list + " is empty; expected the path of one picture a line.", refusal(list, out()));
        Files.write(list, new byte[] {'a', (byte) 0xff, (byte) 0xfe, '\n'});
        assertEquals("The list " + list + " is no text in UTF-8; expected the path of one picture a line.",
                refusal(list, out()));
        Files.writeString(list, "a\0b.png\n");
        String sentence = refusal(list, out());
        assertTrue(sentence.startsWith("The list " + list + " has a line that is no path: "), sentence);
        Files.writeString(list, folder.resolve("gone.png") + "\n");
        assertEquals("There is no picture " + folder.resolve("gone.png") + ": check the path.", refusal(list, out()));
    }

    /**
     * A million pixels in one row would become half a billion columns: refused before it is tried, with the numbers and
     * with advice.
     */
    @Test
    void aPictureTooThinForAnyMachine() {
        Path strip = Pictures.gray(folder.resolve("strip.png"), 1_000_000, 1);
        String sentence = Says.failing("predict", "--load-from", weights, "--img-path", strip, "--outdir", out());
        assertTrue(sentence.matches("The picture \\S+/strip\\.png would be 518000000 x 518 pixels \\(1,369,000,000"
                + " tokens\\) for the network and take about"
                + " [\\d,]+ MiB of memory, of which this machine can give [\\d,]+ MiB; crop the picture, or use a"
                + " smaller --input-size or"
                + " encoder\\."), sentence);
    }

    @Test
    void anOutputFolderThatIsAFile() throws IOException {
        Path photo = Pictures.colour(folder.resolve("a.png"), 20, 16);
        Path file = Files.writeString(folder.resolve("file"), "precious");
        assertEquals("The output folder " + file + " cannot be made: " + file
                + " is a file; choose another folder with --outdir.",
                refusal(photo, file));
        String below = refusal(photo, file.resolve("below/it"));
        assertTrue(below.startsWith("The output folder " + file.resolve("below/it") + " cannot be made")
                && below.endsWith("--outdir."), below);
        assertEquals("precious", Files.readString(file));
    }

    /** Nobody can make a folder in /proc, not even root. */
    @Test
    void anOutputFolderThatCannotBeMade() {
        Path proc = Path.of("/proc");
        assumeTrue(Files.isDirectory(proc.resolve("self")), "needs Linux's /proc");
        String sentence = refusal(Pictures.colour(folder.resolve("a.png"), 20, 16), proc.resolve("fathom"));
        assertTrue(sentence.startsWith("The output folder /proc/fathom cannot be made (")
                && sentence.endsWith("); choose another with --outdir."),
                sentence);
    }

    /**
     * A file in the place of a result's folder: the pictures before it are done, the sentence says what is in the way.
     */
    @Test
    void aResultThatCannotBeWritten() throws IOException {
        Pictures.colour(folder.resolve("photos/a.png"), 20, 16);
        Files.createDirectories(out().resolve("a.png"));
        assertEquals(out().resolve("a.png") + " is a folder; expected a file name: add one.",
                refusal(folder.resolve("photos"), out()));
    }

    @Test
    void aResultNeverReplacesAPicture() throws IOException {
        Path photos = folder.resolve("photos");
        Path photo = Pictures.colour(photos.resolve("a.png"), 20, 16);
        byte[] before = Files.readAllBytes(photo);
        assertEquals("The result " + photos.resolve("a.png") + " would replace the picture " + photo
                + "; choose another --outdir.",
                refusal(photo, photos));
        assertEquals("Results would go into " + photos
                + ", the folder that is searched for pictures, and be pictures in the next run; choose another"
                + " --outdir.", refusal(photos, photos));
        Path link = Files.createSymbolicLink(folder.resolve("link"), photos);
        assertEquals("The result " + link.resolve("a.png") + " would replace the picture " + photo
                + "; choose another --outdir.",
                refusal(photo, link));
        assertEquals(-1, Arrays.mismatch(before, Files.readAllBytes(photo)));
        assertEquals(List.of("a.png"), Workshop.files(photos));
    }
}
