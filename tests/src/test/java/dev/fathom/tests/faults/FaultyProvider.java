package dev.fathom.tests.faults;

import dev.fathom.tests.faults.Faults.Kind;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/** Does to real files what it is asked, unless {@link Faults} has something against it. */
public class FaultyProvider extends FileSystemProvider {
    private final FileSystemProvider real;
    private final FaultyFileSystem system;
    private final Faults faults;

    /** Over another provider: what the JVM calls if this class is made its default file system. */
    protected FaultyProvider(FileSystemProvider real, Faults faults) {
        this.real = real;
        this.faults = faults;
        this.system = new FaultyFileSystem(this, real.getFileSystem(URI.create("file:///")));
    }

    /** Beside the default file system. */
    public static FaultyProvider over(Faults faults) {
        return new FaultyProvider(FileSystems.getDefault().provider(), faults);
    }

    /** The same file on this file system. */
    public Path path(Path ofDefault) {
        return new FaultyPath(system, ofDefault);
    }

    private static Path real(Path path) {
        return FaultyPath.real(path);
    }

    @Override
    public String getScheme() {
        return real.getScheme();
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
        return system;
    }

    @Override
    public Path getPath(URI uri) {
        return path(real.getPath(uri));
    }

    @Override
    public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        faults.meet(Kind.OPEN, real(path));
        return new FaultyChannel(real(path), real.newFileChannel(real(path), options, attributes), faults);
    }

    @Override
    public SeekableByteChannel newByteChannel(Path path, Set<? extends OpenOption> options,
            FileAttribute<?>... attributes) throws IOException {
        return newFileChannel(path, options, attributes);
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(Path folder, DirectoryStream.Filter<? super Path> filter)
            throws IOException {
        DirectoryStream<Path> entries = real.newDirectoryStream(real(folder), path -> filter.accept(path(path)));
        return new DirectoryStream<>() {
            @Override
            public Iterator<Path> iterator() {
                Iterator<Path> each = entries.iterator();
                return new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return each.hasNext();
                    }

                    @Override
                    public Path next() {
                        return path(each.next());
                    }
                };
            }

            @Override
            public void close() throws IOException {
                entries.close();
            }
        };
    }

    @Override
    public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
        real.createDirectory(real(folder), attributes);
    }

    @Override
    public void createSymbolicLink(Path link, Path target, FileAttribute<?>... attributes) throws IOException {
        real.createSymbolicLink(real(link), real(target), attributes);
    }

    @Override
    public void createLink(Path link, Path existing) throws IOException {
        faults.meet(Kind.LINK, real(link));
        real.createLink(real(link), real(existing));
    }

    @Override
    public Path readSymbolicLink(Path link) throws IOException {
        return path(real.readSymbolicLink(real(link)));
    }

    @Override
    public void delete(Path path) throws IOException {
        faults.meet(Kind.DELETE, real(path));
        real.delete(real(path));
    }

    @Override
    public void copy(Path from, Path to, CopyOption... options) throws IOException {
        int bytes = Math.toIntExact(real.readAttributes(real(from), BasicFileAttributes.class).size());
        int room = faults.roomFor(real(to), bytes);
        real.copy(real(from), real(to), options);
        if (room < bytes) {
            try (FileChannel half = real.newFileChannel(real(to), Set.of(StandardOpenOption.WRITE))) {
                half.truncate(room);
            }
            throw new IOException("No space left on device");
        }
    }

    @Override
    public void move(Path from, Path to, CopyOption... options) throws IOException {
        faults.meet(Kind.MOVE, real(to));
        real.move(real(from), real(to), options);
    }

    @Override
    public boolean isSameFile(Path a, Path b) throws IOException {
        return real.isSameFile(real(a), real(b));
    }

    @Override
    public boolean isHidden(Path path) throws IOException {
        return real.isHidden(real(path));
    }

    @Override
    public FileStore getFileStore(Path path) throws IOException {
        return real.getFileStore(real(path));
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
        real.checkAccess(real(path), modes);
    }

    @Override
    public <V extends FileAttributeView> V getFileAttributeView(Path path, Class<V> type, LinkOption... options) {
        return real.getFileAttributeView(real(path), type, options);
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
            throws IOException {
        return real.readAttributes(real(path), type, options);
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String names, LinkOption... options) throws IOException {
        return real.readAttributes(real(path), names, options);
    }

    @Override
    public void setAttribute(Path path, String name, Object value, LinkOption... options) throws IOException {
        real.setAttribute(real(path), name, value, options);
    }
}
