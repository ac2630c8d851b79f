package dev.fathom.tools.gpu;

import dev.fathom.engine.errors.FathomException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where {@code fathom gpu install} fetches from: a repository, or the jar itself, on the net or on this machine.
 *
 * @param jar the jar
 * @param folder where its libraries go
 */
public record InstallSource(String jar, Path folder) {
    private static final long PATIENCE = 1000;

    /**
     * @param from a file, the address of a jar, the address of a Maven repository, or null for the one that Maven uses
     */
    public static InstallSource of(String from, Path folder) {
        String base = from == null ? MavenRepository.url() : from;
        if (!base.matches("https?://.*")) {
            if (!Files.isRegularFile(Path.of(base))) {
                throw new FathomException("There is no file " + base
                    + "; --from takes the address of a Maven repository"
                    + " (https://...), or a jar that was fetched before.");
            }
            return new InstallSource(base, folder);
        }
        return new InstallSource(base.endsWith(".jar") ? base : base.replaceAll("/+$", "") + "/"
            + MavenRepository.REDIST, folder);
    }

    /** An installation from there. */
    public CudaInstall install() {
        return install(CudaInstall.standardItems(), PATIENCE);
    }

    /**
     * An installation of a list of files.
     *
     * @param patience milliseconds before a broken connection is tried again; each later try waits twice as long
     */
    public CudaInstall install(List<CudaInstall.Item> items, long patience) {
        RemoteFile file = jar.matches("https?://.*") ? new HttpFile(URI.create(jar), patience)
            : RemoteFile.of(Path.of(jar));
        return new CudaInstall(file, folder, items);
    }
}
