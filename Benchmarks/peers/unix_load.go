// What wrk cannot do: asks over a unix socket, on so many kept connections for so many seconds, and prints the answers
// a second and the 50th, 99th and 99.9th percentile in microseconds.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"
)

func dial(socket string) (net.Conn, *bufio.Reader) {
	connection, err := net.Dial("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	return connection, bufio.NewReader(connection)
}

func ask(socket, path string, until time.Time) (times []time.Duration) {
	connection, reader := dial(socket)
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
	for started := time.Now(); started.Before(until); started = time.Now() {
		connection.Write(request)
		response, err := http.ReadResponse(reader, nil)
		if err != nil || response.StatusCode != 200 {
			log.Fatal("not a 200: ", err)
		}
		io.Copy(io.Discard, response.Body)
		times = append(times, time.Since(started))
		// A server may end a connection after so many requests.
		if response.Close {
			connection.Close()
			connection, reader = dial(socket)
		}
	}
	connection.Close()
	return times
}

func main() {
	connections, _ := strconv.Atoi(os.Args[3])
	seconds, _ := strconv.Atoi(os.Args[4])
	until := time.Now().Add(time.Duration(seconds) * time.Second)
	var lock sync.Mutex
	var all []time.Duration
	var group sync.WaitGroup
	for i := 0; i < connections; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			times := ask(os.Args[1], os.Args[2], until)
			lock.Lock()
			all = append(all, times...)
			lock.Unlock()
		}()
	}
	group.Wait()
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	at := func(part float64) int64 { return all[int(part*float64(len(all)-1))].Microseconds() }
	fmt.Println(len(all)/seconds, at(0.5), at(0.99), at(0.999))
}
