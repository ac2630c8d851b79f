package dev.fathom.engine.errors;

/** An HDF5 file cannot be read: it is torn, lacks a data set, or uses a flavour of the format that is not supported. */
public class Hdf5Exception extends FathomException {
    public Hdf5Exception(String sentence) {
        super(sentence);
    }

    public Hdf5Exception(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
