package dev.fathom.tools.video;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.errors.FathomException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The two programs that read and write films.
 *
 * @param program ffmpeg
 * @param probe   ffprobe, which comes with it
 */
public record Ffmpeg(Path program, Path probe) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * What a film says of itself.
     *
     * @param rate  frames a second, a fraction
     * @param about frames, by its head; 0 if it does not say
     */
    record Facts(String rate, int about) {
    }

    /**
     * Finds it.
     *
     * @param given the program that was named; null to look for one
     * @param path  folders to look in, as in the environment's PATH; null for none
     * @param why   what it is needed for: {@code Reading walk.mp4}
     * @throws FathomException that says how to do without, if there is none
     */
    public static Ffmpeg find(Path given, String path, String why) {
        Optional<Path> program = given != null ? Optional.of(given).filter(Files::isExecutable)
                : onPath("ffmpeg", path);
        if (given != null && program.isEmpty()) {
            throw new FathomException("--ffmpeg is " + given + ", but no program is there.");
        }
        if (program.isEmpty()) {
            throw new FathomException(why + " needs the program ffmpeg, and there is none on the PATH: install it ('apt"
                    + " install ffmpeg', 'brew install ffmpeg', 'winget install ffmpeg') or name it with --ffmpeg, or"
                    + " use numbered pictures (--video-path FOLDER, --format frames).");
        }
        Path beside = program.get().resolveSibling(program.get().getFileName().toString().replace("ffmpeg", "ffprobe"));
        Optional<Path> probe = !beside.equals(program.get()) && Files.isExecutable(beside) ? Optional.of(beside)
                : onPath("ffprobe", path);
        return new Ffmpeg(program.get(), probe.orElse(null));
    }

    private static Optional<Path> onPath(String name, String path) {
        for (String folder : path == null ? new String[0] : path.split(File.pathSeparator)) {
            for (String ending : List.of("", ".exe")) {
                try {
                    Path file = Path.of(folder.isEmpty() ? "." : folder, name + ending);
                    if (Files.isRegularFile(file) && Files.isExecutable(file)) {
                        return Optional.of(file);
                    }
                } catch (InvalidPathException e) {
                    // An entry of the PATH that is no path leads nowhere, as for any shell.
                    break;
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Asks a film for its facts.
     *
     * @throws FathomException if it is none
     */
    Facts probe(Path film) {
        if (probe == null) {
            throw new FathomException("Reading " + film + " needs ffprobe, which comes with ffmpeg but is not beside "
                    + program + " nor on the PATH; install the whole of ffmpeg.");
        }
        try (FfmpegProcess process = FfmpegProcess.start(List.of(probe.toString(), "-v", "error", "-select_streams",
                "v:0", "-show_entries", "stream=avg_frame_rate,r_frame_rate,nb_frames,duration:format=duration", "-of",
                "json", file(film)))) {
            process.in().close();
            String text = new String(process.out().readAllBytes(), StandardCharsets.UTF_8);
            if (process.exit() != 0) {
                throw new FathomException("The film " + film + " cannot be read: ffprobe says \"" + process.complaint()
                        + "\"; copy or download it again, or try it in a player.");
            }
            JsonNode all = JSON.readTree(text);
            JsonNode stream = all.path("streams").path(0);
            if (stream.isMissingNode()) {
                throw new FathomException("The film " + film + " has no pictures in it, by ffprobe.");
            }
            String rate = fraction(stream.path("avg_frame_rate").asText()) > 0 ? stream.path("avg_frame_rate").asText()
                    : stream.path("r_frame_rate").asText();
            if (!(fraction(rate) > 0)) {
                throw new FathomException("The film " + film + " does not say how many frames a second it has, by"
                        + " ffprobe; convert it to .mp4 first.");
            }
            double seconds = stream.path("duration").asDouble(all.path("format").path("duration").asDouble(0));
            return new Facts(rate, seconds > 0 ? (int) Math.round(seconds * fraction(rate))
                    : stream.path("nb_frames").asInt(0));
        } catch (IOException e) {
            throw new FathomException("The film " + film + " cannot be read: " + probe + " does not work ("
                    + e.getMessage() + "); install ffmpeg again.", e);
        }
    }

    /** A path as the programs take it: a name with a colon is no protocol, and one with a dash no option. */
    static String file(Path path) {
        return "file:" + path;
    }

    /** The value of {@code 30000/1001} or {@code 25}; 0 if it is no positive number. */
    static double fraction(String text) {
        String[] parts = text.split("/", 2);
        try {
            double value = Double.parseDouble(parts[0]) / (parts.length == 2 ? Double.parseDouble(parts[1]) : 1);
            return value > 0 && value < 1e6 ? value : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Whether it can write H.264; builds without it exist, because of its licence. */
    boolean hasX264() {
        try (FfmpegProcess process = FfmpegProcess.start(List.of(program.toString(), "-v", "error", "-hide_banner",
                "-encoders"))) {
            process.in().close();
            String text = new String(process.out().readAllBytes(), StandardCharsets.UTF_8);
            return process.exit() == 0 && text.contains(" libx264 ");
        } catch (IOException e) {
            throw new FathomException("The program " + program + " does not work (" + e.getMessage()
                    + "); install ffmpeg again.", e);
        }
    }
}
