// Command vectors prints known answers for trees, proofs, tiles and signed checkpoints, as Go's sumdb packages give
// them. Its output is tests/vectors/tlog.json; nothing of Auditlens is in it.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	leaves = 300 // the n-th is the text of n
	name   = "auditlens/vectors"
)

// The tree that implementations of RFC 6962 try themselves on, by its inputs.
var reference = []string{
	"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
}

type inclusion struct {
	Size  int64    `json:"size"`
	Index int64    `json:"index"`
	Proof []string `json:"proof"`
}

type consistency struct {
	Size    int64    `json:"size"`
	OldSize int64    `json:"old_size"`
	Proof   []string `json:"proof"`
}

type tile struct {
	Level  int    `json:"level"`
	Number int64  `json:"number"`
	Width  int    `json:"width"`
	SHA256 string `json:"sha256"`
}

type signed struct {
	Seed string `json:"seed"`
	Skey string `json:"skey"`
	Vkey string `json:"vkey"`
	Text string `json:"text"`
	Note string `json:"note"`
}

type vectors struct {
	Roots           []string      `json:"roots"`
	ReferenceInputs []string      `json:"reference_inputs"`
	ReferenceRoots  []string      `json:"reference_roots"`
	Inclusion       []inclusion   `json:"inclusion"`
	Consistency     []consistency `json:"consistency"`
	Tiles           []tile        `json:"tiles"`
	Checkpoint      signed        `json:"checkpoint"`
}

// memory is a tree's stored hashes, in tlog's order.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		found = append(found, m[index])
	}
	return found, nil
}

func grown(records [][]byte) memory {
	var stored memory
	for n, record := range records {
		more, err := tlog.StoredHashes(int64(n), record, stored)
		check(err)
		stored = append(stored, more...)
	}
	return stored
}

func root(size int64, stored memory) tlog.Hash {
	if size == 0 { // tlog has another opinion on the empty tree; this is RFC 6962's
		return tlog.Hash(sha256.Sum256(nil))
	}
	hash, err := tlog.TreeHash(size, stored)
	check(err)
	return hash
}

func main() {
	var records, inputs [][]byte
	for n := 0; n < leaves; n++ {
		records = append(records, []byte(fmt.Sprint(n)))
	}
	for _, text := range reference {
		input, err := hex.DecodeString(text)
		check(err)
		inputs = append(inputs, input)
	}
	tree, small := grown(records), grown(inputs)
	made := vectors{ReferenceInputs: reference, Checkpoint: checkpoint(tree)}
	for size := int64(0); size <= leaves; size++ {
		made.Roots = append(made.Roots, hexed(root(size, tree)))
	}
	for size := int64(0); size <= int64(len(inputs)); size++ {
		made.ReferenceRoots = append(made.ReferenceRoots, hexed(root(size, small)))
	}
	made.prove(tree)
	made.cut(tree)
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	check(out.Encode(made))
}

// prove adds every proof of small trees and some of larger ones.
func (v *vectors) prove(tree memory) {
	for _, size := range []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 256, 257, leaves} {
		step := 1 + size/10
		for n := int64(0); n < size; n += step {
			proof, err := tlog.ProveRecord(size, n, tree)
			check(err)
			v.Inclusion = append(v.Inclusion, inclusion{size, n, listed(proof)})
			extends, err := tlog.ProveTree(size, n+1, tree)
			check(err)
			v.Consistency = append(v.Consistency, consistency{size, n + 1, listed(tlog.RecordProof(extends))})
		}
	}
}

// cut adds the tiles of the whole tree.
func (v *vectors) cut(tree memory) {
	for _, t := range []tlog.Tile{{H: 8, L: 0, N: 0, W: 256}, {H: 8, L: 0, N: 1, W: leaves - 256}, {H: 8, L: 1, N: 0, W: 1}} {
		hashes, err := tlog.ReadTileData(t, tree)
		check(err)
		v.Tiles = append(v.Tiles, tile{t.L, t.N, t.W, fmt.Sprintf("%x", sha256.Sum256(hashes))})
	}
}

func checkpoint(tree memory) signed {
	seed := make([]byte, ed25519.SeedSize)
	for n := range seed {
		seed[n] = byte(n)
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(name, public)
	check(err)
	verifier, err := note.NewVerifier(vkey)
	check(err)
	skey := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, verifier.KeyHash(), base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)))
	signer, err := note.NewSigner(skey)
	check(err)
	hash := root(leaves, tree)
	text := fmt.Sprintf("%s\n%d\n%s\n", name, leaves, base64.StdEncoding.EncodeToString(hash[:]))
	written, err := note.Sign(&note.Note{Text: text}, signer)
	check(err)
	return signed{hex.EncodeToString(seed), skey, vkey, text, string(written)}
}

func listed(hashes tlog.RecordProof) []string {
	texts := []string{}
	for _, hash := range hashes {
		texts = append(texts, hexed(hash))
	}
	return texts
}

func hexed(hash tlog.Hash) string {
	return hex.EncodeToString(hash[:])
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
