/**
 * What touches real CUDA, tested without it: assembling PTX, unpacking natives, searching and judging libraries, and
 * JCuda's calls against a driver made of C.
 */
package dev.fathom.tests.jcuda;
