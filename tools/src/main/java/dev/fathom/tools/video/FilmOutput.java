package dev.fathom.tools.video;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.tools.predict.DepthPicture;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A film, encoded by ffmpeg from raw frames in a pipe. The file appears when the last frame is in it: an interrupted
 * run leaves none, or the one from before.
 *
 * <p>H.264 (x264, CRF 18) in 4:2:0 with the colours of BT.709, which every player shows; MPEG-4 part 2 where this
 * ffmpeg has no x264. Sides that are odd get one more row or column of black, as 4:2:0 needs. No sound.
 */
final class FilmOutput implements ClipOutput {
    private final Ffmpeg ffmpeg;
    private final Path film;
    private final String container;
    private final String rate;
    private final boolean x264;

    /**
     * @param container mp4 or mov
     * @param rate      frames a second, a fraction
     */
    FilmOutput(Ffmpeg ffmpeg, Path film, String container, String rate) {
        this.ffmpeg = ffmpeg;
        this.film = film;
        this.container = container;
        this.rate = rate;
        this.x264 = ffmpeg.hasX264();
    }

    /** A sentence about what is not as usual; empty if all is. */
    String note() {
        return x264 ? "" : "this ffmpeg cannot write H.264: the film is MPEG-4 part 2, larger and less sharp";
    }

    @Override
    public void write(Frames frames) {
        AtomicFile.replace(film, temporary -> {
            try (Encoder encoder = new Encoder(temporary)) {
                frames.giveTo((index, picture, provenance) -> encoder.add(picture));
                encoder.finish();
            }
        });
    }

    @Override
    public String describe() {
        return film.toString();
    }

    /** One ffmpeg, from the first frame on, which tells the size. */
    private final class Encoder implements AutoCloseable {
        private final Path to;
        private FfmpegProcess process;
        private byte[] row;

        Encoder(Path to) {
            this.to = to;
        }

        void add(DepthPicture picture) {
            if (process == null) {
                start(picture.width(), picture.height());
            }
            OutputStream in = process.in();
            try {
                for (int y = 0; y < picture.height(); y++) {
                    picture.read(y, row, 0);
                    in.write(row);
                }
            } catch (IOException e) {
                throw ended(e);
            }
        }

        private void start(int width, int height) {
            row = new byte[3 * width];
            try {
                process = FfmpegProcess.start(command(width, height));
            } catch (IOException e) {
                throw new FathomException("The film " + film + " cannot be written: " + ffmpeg.program()
                        + " does not work (" + e.getMessage() + "); install ffmpeg again.", e);
            }
        }

        void finish() {
            try {
                process.in().close();
            } catch (IOException e) {
                throw ended(e);
            }
            if (process.exit() != 0) {
                throw ended(null);
            }
        }

        private FathomException ended(IOException cause) {
            int code = process.exit();
            return new FathomException("The film " + film + " cannot be written: ffmpeg ended with exit code " + code
                    + (process.complaint().isEmpty() ? "" : " and said \"" + process.complaint() + "\"")
                    + "; the maps are kept: mend it, or write pictures with --format frames.", cause);
        }

        private List<String> command(int width, int height) {
            List<String> command = new ArrayList<>(List.of(ffmpeg.program().toString(), "-v", "error", "-y", "-f",
                    "rawvideo", "-pix_fmt", "rgb24", "-s", width + "x" + height, "-r", rate, "-i", "-", "-an", "-vf",
                    "scale=out_color_matrix=bt709:out_range=tv,pad=ceil(iw/2)*2:ceil(ih/2)*2"));
            command.addAll(x264 ? List.of("-c:v", "libx264", "-crf", "18") : List.of("-c:v", "mpeg4", "-q:v", "2"));
            command.addAll(List.of("-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709",
                    "-color_trc", "bt709", "-color_range", "tv", "-movflags", "+faststart", "-f", container,
                    Ffmpeg.file(to)));
            return command;
        }

        @Override
        public void close() {
            if (process != null) {
                process.close();
            }
        }
    }
}
