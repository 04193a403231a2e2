// golang.org/x/mod/sumdb, the checksum database's note and tlog: reads signed notes, signs some, makes proofs and checks
// proofs.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"log"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Notes []struct{ Note, Vkey string }
	Texts []string
	// A tree, every proof of which is made.
	Leaves []string
	// Proofs that are checked. Without an old root it is one of inclusion of Leaf at Old.
	Proofs []struct {
		Proof               []string
		Old, Size           int64
		OldRoot, Root, Leaf string
	}
}

type signed struct{ Note, Vkey string }

type answer struct {
	Accepted    []bool
	Signed      []signed
	Roots       []string
	Inclusion   [][][]string
	Consistency [][][]string
	Held        []bool
}

func main() {
	var asked question
	must(json.NewDecoder(os.Stdin).Decode(&asked))
	var out answer
	for _, item := range asked.Notes {
		verifier, err := note.NewVerifier(item.Vkey)
		must(err)
		opened, err := note.Open([]byte(item.Note), note.VerifierList(verifier))
		out.Accepted = append(out.Accepted, err == nil && len(opened.Sigs) == 1)
	}
	for _, text := range asked.Texts {
		skey, vkey, err := note.GenerateKey(rand.Reader, "example.org/go")
		must(err)
		signer, err := note.NewSigner(skey)
		must(err)
		bytes, err := note.Sign(&note.Note{Text: text}, signer)
		must(err)
		out.Signed = append(out.Signed, signed{string(bytes), vkey})
	}
	prove(asked.Leaves, &out)
	for _, item := range asked.Proofs {
		proof := hashes(item.Proof)
		if item.OldRoot == "" {
			err := tlog.CheckRecord(proof, item.Size, hash(item.Root), item.Old, hash(item.Leaf))
			out.Held = append(out.Held, err == nil)
		} else {
			err := tlog.CheckTree(proof, item.Size, hash(item.Root), item.Old, hash(item.OldRoot))
			out.Held = append(out.Held, err == nil)
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(out))
}

func prove(leaves []string, out *answer) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	for at, leaf := range leaves {
		data, err := hex.DecodeString(leaf)
		must(err)
		more, err := tlog.StoredHashes(int64(at), data, reader)
		must(err)
		stored = append(stored, more...)
	}
	for size := int64(1); size <= int64(len(leaves)); size++ {
		root, err := tlog.TreeHash(size, reader)
		must(err)
		out.Roots = append(out.Roots, hex.EncodeToString(root[:]))
		var inclusion, consistency [][]string
		for at := int64(0); at < size; at++ {
			proof, err := tlog.ProveRecord(size, at, reader)
			must(err)
			inclusion = append(inclusion, texts(proof))
			old, err := tlog.ProveTree(size, at+1, reader)
			must(err)
			consistency = append(consistency, texts(old))
		}
		out.Inclusion = append(out.Inclusion, inclusion)
		out.Consistency = append(out.Consistency, consistency)
	}
}

func hash(text string) (hash tlog.Hash) {
	bytes, err := hex.DecodeString(text)
	must(err)
	copy(hash[:], bytes)
	return
}

func hashes(texts []string) (hashes []tlog.Hash) {
	for _, text := range texts {
		hashes = append(hashes, hash(text))
	}
	return
}

func texts(hashes []tlog.Hash) []string {
	texts := []string{}
	for _, hash := range hashes {
		texts = append(texts, hex.EncodeToString(hash[:]))
	}
	return texts
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
