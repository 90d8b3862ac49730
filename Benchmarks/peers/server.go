// Answers from a map behind a lock, as a service in Go would.
package main

import (
	"log"
	"net/http"
	"os"
	"sync"
)

func main() {
	body, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var lock sync.RWMutex
	answers := map[string][]byte{"demo": body}
	token := "Bearer " + os.Getenv("TOKEN")
	http.HandleFunc("/v1/instances/demo/token", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		lock.RLock()
		answer := answers["demo"]
		lock.RUnlock()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.Write(answer)
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
