package dev.fathom.tools.video;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.Picture;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * A film's frames, decoded by ffmpeg, which hands them on through a pipe as PPM pictures: nothing touches the disk, and
 * each says its own size, after the rotation that a phone's film asks for. They come at one rate, the film's average,
 * as the film that is written has them.
 */
final class FilmFrames implements ClipFrames {
    private static final int MOST_SIDE = 1 << 15;

    private final Ffmpeg ffmpeg;
    private final Path film;
    private final Ffmpeg.Facts facts;

    private FilmFrames(Ffmpeg ffmpeg, Path film, Ffmpeg.Facts facts) {
        this.ffmpeg = ffmpeg;
        this.film = film;
        this.facts = facts;
    }

    static FilmFrames of(Ffmpeg ffmpeg, Path film) {
        return new FilmFrames(ffmpeg, film, ffmpeg.probe(film));
    }

    Path film() {
        return film;
    }

    @Override
    public String name() {
        String name = film.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    @Override
    public int about() {
        return facts.about();
    }

    @Override
    public String rate() {
        return facts.rate();
    }

    @Override
    public String stem(int index) {
        return String.format("%06d", index + 1);
    }

    @Override
    public String describe(int index) {
        return film.getFileName() + ", frame " + (index + 1);
    }

    @Override
    public long key(int index) {
        return ClipSource.key(film);
    }

    @Override
    public Reader open(int from) {
        FfmpegProcess process;
        try {
            process = FfmpegProcess.start(List.of(ffmpeg.program().toString(), "-v", "error", "-nostdin", "-i",
                    Ffmpeg.file(film), "-map", "0:v:0", "-r", facts.rate(), "-f", "image2pipe", "-c:v", "ppm",
                    "-pix_fmt", "rgb24", "-"));
        } catch (IOException e) {
            throw new FathomException("The film " + film + " cannot be read: " + ffmpeg.program() + " does not work ("
                    + e.getMessage() + "); install ffmpeg again.", e);
        }
        Decoded frames = new Decoded(process);
        for (int skipped = 0; skipped < from; skipped++) {
            frames.next();
        }
        return frames;
    }

    /** The pipe's end. */
    private final class Decoded implements Reader {
        private final FfmpegProcess process;
        private final InputStream in;
        private int read;
        private boolean over;

        Decoded(FfmpegProcess process) {
            this.process = process;
            this.in = new BufferedInputStream(process.out(), 1 << 16);
        }

        @Override
        public Picture next() {
            if (over) {
                return null;
            }
            try {
                Picture picture = Ppm.read(in);
                over = picture == null;
                if (over) {
                    atEnd();
                } else {
                    read++;
                }
                return picture;
            } catch (IOException e) {
                over = true;
                throw stopped("frame " + (read + 1) + " is cut off", e);
            }
        }

        private void atEnd() {
            int code = process.exit();
            if (code != 0 || read == 0) {
                throw stopped("ffmpeg ended with exit code " + code, null);
            }
        }

        private FathomException stopped(String what, IOException cause) {
            String said = process.complaint();
            return new FathomException("The film " + film + " cannot be read beyond frame " + read + ": " + what
                    + (said.isEmpty() ? "" : " and said \"" + said + "\"")
                    + "; copy or download it again, or try it in a player.", cause);
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /** Pictures as {@code P6}, three numbers and bytes. */
    private static final class Ppm {
        private Ppm() {
        }

        /** The next picture; null at the end. */
        static Picture read(InputStream in) throws IOException {
            int first = in.read();
            if (first < 0) {
                return null;
            }
            if (first != 'P' || in.read() != '6') {
                throw new IOException("no PPM picture");
            }
            int width = number(in);
            int height = number(in);
            if (number(in) != 255 || width > MOST_SIDE || height > MOST_SIDE || width < 1 || height < 1) {
                throw new IOException("a PPM picture of " + width + " x " + height);
            }
            Picture picture = Picture.blank(width, height);
            if (in.readNBytes(picture.rgb(), 0, picture.rgb().length) < picture.rgb().length) {
                throw new EOFException();
            }
            return picture;
        }

        /** A decimal number between white space. */
        private static int number(InputStream in) throws IOException {
            int c = in.read();
            while (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
                c = in.read();
            }
            int value = 0;
            for (; c >= '0' && c <= '9' && value <= MOST_SIDE; c = in.read()) {
                value = 10 * value + c - '0';
            }
            return value;
        }
    }
}
