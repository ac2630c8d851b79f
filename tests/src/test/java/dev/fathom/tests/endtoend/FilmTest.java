package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tests.tools.Cli;
import dev.fathom.tools.video.Ffmpeg;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code fathom video} on films, with programs that play ffmpeg and ffprobe: a film is then just its PPM frames, and a
 * film that is written is the raw frames that came through the pipe.
 */
class FilmTest {
    private static final int WIDTH = 40;
    private static final int HEIGHT = 30;

    @TempDir
    private static Path shared;
    private static Path weights;

    @TempDir
    private Path folder;

    @BeforeAll
    static void weights() {
        weights = Workshop.model(shared.resolve("metric.safetensors"), Workshop.METRIC);
    }

    @BeforeEach
    void programs() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs sh, to play ffmpeg");
        program("ffprobe", """
                for last; do :; done
                case "$last" in *broken*) echo "[mov @ 0x1] moov atom not found" >&2; exit 1;; esac
                echo '{"streams":[{"avg_frame_rate":"30000/1001","r_frame_rate":"60/1","duration":"0.1001"}]}'
                """);
        program("ffmpeg", """
                echo "$*" >> HERE/calls
                for last; do :; done
                last=${last#file:}
                case "$*" in
                *-encoders*) [ -e HERE/no264 ] || echo " V....D libx264   H.264" ;;
                *image2pipe*)
                    while [ "$1" != -i ]; do shift; done
                    cat "${2#file:}"
                    case "$2" in *spoilt*) echo "[h264 @ 0x2] error while decoding" >&2; exit 69;; esac ;;
                *)  if [ -e HERE/full ]; then
                        head -c 100 > "$last"; echo "$last: No space left on device" >&2; exit 1
                    fi
                    cat > "$last" ;;
                esac
                """);
    }

    private void program(String name, String script) throws IOException {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Files.writeString(bin.resolve(name), "#!/bin/sh\n" + script.replace("HERE", folder.toString()));
        Files.setPosixFilePermissions(bin.resolve(name), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Object[] words(Path film, String out, Object... more) {
        List<Object> words = new ArrayList<>(List.of("video", "--load-from", weights, "--video-path", film, "--outdir",
                folder.resolve(out), "--input-size", 28, "--ffmpeg", folder.resolve("bin/ffmpeg")));
        words.addAll(List.of(more));
        return words.toArray();
    }

    private Cli video(Path film, String out, Object... more) {
        Cli cli = Says.run(words(film, out, more));
        assertEquals(0, cli.code(), cli.err());
        return cli;
    }

    /** Three frames, each a little brighter than the one before. */
    private Path film(String name) throws IOException {
        ByteArrayOutputStream film = new ByteArrayOutputStream();
        for (int i = 0; i < 3; i++) {
            film.write(("P6\n" + WIDTH + " " + HEIGHT + "\n255\n").getBytes(StandardCharsets.US_ASCII));
            film.write(pixels(i));
        }
        return Pictures.bytes(folder.resolve(name), film.toByteArray());
    }

    private byte[] pixels(int frame) {
        byte[] rgb = PictureReader.read(Pictures.colour(folder.resolve("one.png"), WIDTH, HEIGHT)).rgb().clone();
        for (int i = 2; i < rgb.length; i += 3) {
            rgb[i] += (byte) frame;
        }
        return rgb;
    }

    private String calls() throws IOException {
        return Files.readString(folder.resolve("calls"));
    }

    @Test
    void aFilmComesOutAsAFilmOfItsOwnRate() throws IOException {
        Cli cli = video(film("walk.mp4"), "out");
        assertTrue(cli.out().contains("walk: about 3 frames of 40 x 30 pixels"), cli.out());
        assertTrue(cli.out().contains("3 frames done, results in " + folder.resolve("out/walk.mp4")), cli.out());
        assertEquals(List.of("walk.mp4", "walk_clip.json"), Workshop.files(folder.resolve("out")));
        byte[] raw = Files.readAllBytes(folder.resolve("out/walk.mp4"));
        int stride = 3 * (WIDTH + 50 + WIDTH);
        assertEquals(3 * HEIGHT * stride, raw.length);
        for (int i = 0; i < 3; i++) {
            byte[] photo = pixels(i);
            for (int y = 0; y < HEIGHT; y++) {
                int row = (i * HEIGHT + y) * stride;
                assertArrayEquals(Arrays.copyOfRange(photo, 3 * WIDTH * y, 3 * WIDTH * (y + 1)),
                        Arrays.copyOfRange(raw, row, row + 3 * WIDTH), "frame " + i + " row " + y);
            }
        }
        assertTrue(calls().contains("-s 130x30 -r 30000/1001 ") && calls().contains("-c:v libx264 "), calls());
        Files.createFile(folder.resolve("no264"));
        Cli mov = video(folder.resolve("walk.mp4"), "out", "--format", "mov", "--pred-only");
        assertTrue(mov.out().contains("this ffmpeg cannot write H.264"), mov.out());
        assertTrue(calls().contains("-c:v mpeg4 ") && calls().contains("-f mov "), calls());
        assertEquals(3 * 3 * WIDTH * HEIGHT, Files.size(folder.resolve("out/walk.mov")));
    }

    @Test
    void framesOfAFilmAndAFilmOfFrames() throws IOException {
        video(film("walk.mp4"), "frames", "--format", "frames", "--pred-only", "--save-numpy");
        assertTrue(Workshop.files(folder.resolve("frames")).containsAll(List.of("walk/000001.png", "walk/000003.png",
                "walk/000003_raw_depth_meter.npy", "walk/000003_raw_depth_meter.json")));
        Path pictures = folder.resolve("frames/walk/%06d.png");
        video(pictures, "film", "--format", "mp4", "--fps", "25");
        assertTrue(calls().contains("-s 130x30 -r 25 "), calls());
        assertTrue(Says.failing(words(folder.resolve("walk.mp4"), "x", "--fps", "25")).startsWith(
                "--fps is for numbered pictures, but "));
        Files.move(folder.resolve("walk.mp4"), folder.resolve("film/walk2.mp4"));
        assertEquals("The result " + folder.resolve("film/walk2.mp4") + " would replace the film; choose another"
                + " --outdir.", Says.failing(words(folder.resolve("film/walk2.mp4"), "film")));
    }

    @Test
    void brokenFilmsAndFullDisksAreOneSentenceAndNothingHalf() throws IOException {
        Path broken = film("broken.mp4");
        assertEquals("The film " + broken + " cannot be read: ffprobe says \"moov atom not found\"; copy or download it"
                + " again, or try it in a player.", Says.failing(words(broken, "out")));
        assertFalse(Files.exists(folder.resolve("out")));
        Path spoilt = film("spoilt.mp4");
        assertEquals("The film " + spoilt + " cannot be read beyond frame 3: ffmpeg ended with exit code 69 and said"
                + " \"error while decoding\"; copy or download it again, or try it in a player.",
                Says.failing(words(spoilt, "out")));
        byte[] all = Files.readAllBytes(film("torn.mp4"));
        Path torn = Pictures.bytes(folder.resolve("torn.mp4"), Arrays.copyOf(all, all.length - 100));
        assertEquals("The film " + torn + " cannot be read beyond frame 2: frame 3 is cut off; copy or download it"
                + " again, or try it in a player.", Says.failing(words(torn, "out")));
        Files.createFile(folder.resolve("full"));
        Path walk = film("walk.mp4");
        String full = Says.failing(words(walk, "full-out"));
        assertTrue(full.startsWith("The film " + folder.resolve("full-out/walk.mp4") + " cannot be written: ffmpeg"
                + " ended with exit code 1 and said ") && full.contains("No space left on device"), full);
        assertEquals(List.of("walk.unfinished/about.json", "walk.unfinished/maps.bin"),
                Workshop.files(folder.resolve("full-out")), "no film, and the maps stay");
        Files.delete(folder.resolve("full"));
        assertTrue(video(walk, "full-out").out().contains("going on after frame 3: the maps so far are there"));
        assertEquals(List.of("walk.mp4", "walk_clip.json"), Workshop.files(folder.resolve("full-out")));
    }

    @Test
    void whereFfmpegIsLookedFor() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        Path bin = folder.resolve("bin");
        assertEquals(new Ffmpeg(bin.resolve("ffmpeg"), bin.resolve("ffprobe")), Ffmpeg.find(null,
                empty + File.pathSeparator + bin, "Reading a.mp4"));
        FathomException none = assertThrows(FathomException.class, () -> Ffmpeg.find(null, empty.toString(),
                "Reading a.mp4"));
        assertTrue(none.getMessage().startsWith("Reading a.mp4 needs the program ffmpeg, and there is none on the PATH:"
                + " install it ('apt install ffmpeg', "), none.getMessage());
        assertTrue(none.getMessage().contains("numbered pictures (--video-path FOLDER"), none.getMessage());
        assertThrows(FathomException.class, () -> Ffmpeg.find(null, null, "Reading a.mp4"));
        Files.delete(bin.resolve("ffprobe"));
        assertTrue(Says.failing(words(film("walk.mp4"), "out")).contains("needs ffprobe, which comes with ffmpeg but is"
                + " not beside "), "no ffprobe");
        FathomException named = assertThrows(FathomException.class, () -> Ffmpeg.find(empty.resolve("ffmpeg"),
                bin.toString(), "Reading a.mp4"));
        assertEquals("--ffmpeg is " + empty.resolve("ffmpeg") + ", but no program is there.", named.getMessage());
    }
}
